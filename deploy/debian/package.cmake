# The Debian package: cmake --preset package && cmake --build --preset package --target package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME plume)
set(CPACK_PACKAGE_CONTACT "The Plume authors <plume@plume.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "small chat room in the browser, as processes over a message bus")
set(CPACK_PACKAGE_DESCRIPTION
"One room, in the browser: choose a name, give an address, type the code from
the mail that comes, and talk. There are no passwords and no trackers.
.
A broker keeps the room, any number of gateways face the browsers, a mailer
sends login codes, and plumectl is for the operator. Each may be restarted at
any moment; no accepted post is lost, and nobody has to log in again.")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# A plugin that is loaded by name, the authorities of mail servers, and what makes our users.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
	"libwebsockets-evlib-uv, ca-certificates, systemd | systemd-sysusers, systemd | systemd-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "haproxy | nginx | caddy, openssl")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
	${CMAKE_CURRENT_LIST_DIR}/conffiles ${CMAKE_CURRENT_LIST_DIR}/postinst
	${CMAKE_CURRENT_LIST_DIR}/prerm ${CMAKE_CURRENT_LIST_DIR}/postrm)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON) # settings go to /etc
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
	OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
