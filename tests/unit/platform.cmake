unit_test(file platform)
target_link_options(test_file PRIVATE -Wl,--wrap=fstat)
unit_test(folder platform)
unit_test(loop platform)
