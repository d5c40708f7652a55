# manual.cmake - a manual page from its template and the option list of the built program.
#
# A template has a line @OPTIONS@, and may have @VERSION@ anywhere; so the page cannot name an
# option that the program does not have, nor miss one that it has.
#
#	cmake -DPROGRAM=... -DTEMPLATE=... -DVERSION=... -DOUT=... -P manual.cmake
cmake_minimum_required(VERSION 3.25) # for how @OPTIONS@ below is read

execute_process(COMMAND ${PROGRAM} --help-mdoc OUTPUT_VARIABLE OPTIONS
	OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
file(READ ${TEMPLATE} page)
if(NOT page MATCHES "(^|\n)@OPTIONS@\n")
	message(FATAL_ERROR "${TEMPLATE} has no line @OPTIONS@")
endif()
configure_file(${TEMPLATE} ${OUT} @ONLY)

execute_process(COMMAND awk -f ${CMAKE_CURRENT_LIST_DIR}/manual.awk ${OUT}
	OUTPUT_VARIABLE folded COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${OUT} "${folded}")
file(TOUCH ${OUT}) # configure_file keeps the old time when nothing changed
