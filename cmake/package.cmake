# Where `cmake --install` puts things, and the Debian package that CPack makes of them.

set(staging ${CMAKE_CURRENT_BINARY_DIR}/package)

# install_compressed(SOURCE DESTINATION [NAME]): as Debian wants documentation, gzip without date
# or name, so that the same sources make the same package.
function(install_compressed source destination)
    cmake_path(GET source FILENAME name)
    if(ARGC GREATER 2)
        set(name ${ARGV2})
    endif()
    set(compressed ${staging}/${name}.gz)
    add_custom_command(OUTPUT ${compressed}
        COMMAND gzip -9nc ${source} > ${compressed}
        DEPENDS ${source}
        VERBATIM)
    add_custom_target(document_${name} ALL DEPENDS ${compressed})
    install(FILES ${compressed} DESTINATION ${destination})
endfunction()

# Programs
install(TARGETS mailstored RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS mailstorectl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Configuration and service. The units' folder does not follow libdir: systemd looks in lib alone.
install(FILES conf/mailstored.conf DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/mailstored)
configure_file(systemd/mailstored.service.in ${staging}/mailstored.service @ONLY)
install(FILES ${staging}/mailstored.service systemd/mailstored.socket
    DESTINATION lib/systemd/system)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME mailstored.conf)
install(PROGRAMS systemd/certbot-deploy-hook DESTINATION ${CMAKE_INSTALL_DATADIR}/mailstored)

# Completion, as the tool prints it. Debian's zsh looks for that of packages in a folder of its own.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(zsh_functions zsh/vendor-completions)
else()
    set(zsh_functions zsh/site-functions)
endif()
foreach(completion IN ITEMS
        bash:bash-completion/completions/mailstorectl
        zsh:${zsh_functions}/_mailstorectl
        fish:fish/vendor_completions.d/mailstorectl.fish)
    string(REGEX REPLACE ":.*" "" shell ${completion})
    string(REGEX REPLACE ".*:" "" file ${completion})
    cmake_path(GET file PARENT_PATH folder)
    set(script ${staging}/${file})
    file(MAKE_DIRECTORY ${staging}/${folder})
    add_custom_command(OUTPUT ${script}
        COMMAND mailstorectl completion ${shell} > ${script}
        DEPENDS mailstorectl
        VERBATIM)
    add_custom_target(completion_${shell} ALL DEPENDS ${script})
    install(FILES ${script} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endforeach()

# Documentation
foreach(page IN ITEMS mailstored.8 mailstored.conf.5 mailstorectl.1)
    cmake_path(GET page EXTENSION LAST_ONLY section)
    string(SUBSTRING ${section} 1 -1 section)
    install_compressed(${PROJECT_SOURCE_DIR}/docs/${page} ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install_compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${CMAKE_INSTALL_DOCDIR} changelog)
install(FILES README.md docs/CONTROL.md docs/HTTP.md docs/deployment.md docs/request-inf.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.json")


# The package. Its paths are settled when it is configured: -DCMAKE_INSTALL_PREFIX=/usr.
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    return()
endif()
set(packaging ${PROJECT_SOURCE_DIR}/packaging/debian)
install_compressed(${packaging}/changelog ${CMAKE_INSTALL_DOCDIR} changelog.Debian)
install(FILES ${packaging}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${packaging}/lintian-overrides
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME mailstored)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "mailstored maintainers <maintainers@mailstored.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/conffiles ${packaging}/postinst ${packaging}/prerm ${packaging}/postrm)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "HTTPS endpoint of a mail archive, with its certificates")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "It starts on a bare machine with a certificate of its own, serves a
certificate dropped into its store within milliseconds and without a failed
connection, and says in words which client refuses which certificate.
.
The command mailstorectl shows what is served and what stands in the store.")
include(CPack)
