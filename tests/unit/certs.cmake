# The room certs/. Files made by data/make.sh, and shared reading of them.
function(certs_test name)
    unit_test(${name} certs platform base)
    target_compile_definitions(test_${name} PRIVATE
        TEST_DATA="${PROJECT_SOURCE_DIR}/tests/unit/data")
endfunction()

certs_test(names)
certs_test(name_from_person)
certs_test(x500_name)
certs_test(cert_extension)
certs_test(cert_plan)
certs_test(cert_plan_request)
certs_test(cert_plan_shapes)
certs_test(cert_export)
certs_test(authority)
certs_test(waiting)
certs_test(cert)
certs_test(cert_make)
certs_test(entry_meta)
certs_test(cert_read)
certs_test(ec_key)
certs_test(request_inf)
certs_test(gather)
certs_test(staple)
certs_test(cert_set)
foreach(store_test IN ITEMS cert_store cert_store_replaced cert_store_kept cert_store_staple)
    certs_test(${store_test})
endforeach()
certs_test(entry_name)

# Stops at each call that writes: write_calls.h.
foreach(change_test IN ITEMS store_change store_change_stopped store_change_interrupted)
    certs_test(${change_test})
    target_sources(test_${change_test} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/write_calls.c)
    target_link_options(test_${change_test} PRIVATE
        -Wl,--wrap=openat,--wrap=write,--wrap=pwrite,--wrap=ftruncate,--wrap=fsync,--wrap=fchmod
        -Wl,--wrap=fchown,--wrap=renameat,--wrap=renameat2,--wrap=unlinkat)
    if(MAILSTORED_COVERAGE)
        target_link_options(test_${change_test} PRIVATE -Wl,-u,__gcov_dump) # see child.h
    endif()
endforeach()
target_link_options(test_store_change PRIVATE -Wl,--wrap=clock_gettime,--wrap=nanosleep)

# Runs out of memory: failing_allocations.h.
foreach(memory_test IN ITEMS cert_store_memory request_inf_memory)
    certs_test(${memory_test})
    target_sources(test_${memory_test} PRIVATE
        ${PROJECT_SOURCE_DIR}/tests/unit/failing_allocations.c)
    target_link_options(test_${memory_test} PRIVATE
        -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup)
endforeach()

fuzz_target(names certs platform base)
fuzz_target(name_from_person certs platform base)
fuzz_target(x500_name certs platform base)
fuzz_target(authority certs platform base)
fuzz_target(cert_info certs platform base)
fuzz_target(entry_meta certs platform base)
fuzz_target(cert_read certs platform base)
fuzz_target(request_inf certs platform base)
fuzz_target(staple certs platform base)
if(MAILSTORED_FUZZ)
    target_compile_definitions(fuzz_staple PRIVATE
        TEST_DATA="${PROJECT_SOURCE_DIR}/tests/unit/data")
endif()
fuzz_target(store_names certs platform base)
fuzz_target(store_journal certs platform base)
