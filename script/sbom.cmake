# Writes what the programs are made of, as SPDX 2.3 in JSON:
#
#	cmake -DPROGRAMS=a;b -DVERSION=1.2.3 -DLICENSE=MIT -DOUT=plume.spdx.json -P script/sbom.cmake
#
# Each library that a program needs, directly or not, with the package that it is of here; what is compiled
# in and what is loaded at run time by name stands in EXTRA.  Needs nothing that a build does not have.
cmake_minimum_required(VERSION 3.25)

# Packages whose headers are compiled in, and libraries that are opened by their names.
set(EXTRA uthash-dev libwebsockets-evlib-uv)

# json_text(OUT TEXT): as a JSON string.
function(json_text out text)
	string(REPLACE "\\" "\\\\" text "${text}")
	string(REPLACE "\"" "\\\"" text "${text}")
	set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(ask out)
	execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE told ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
	set(${out} "${told}" PARENT_SCOPE)
endfunction()

# Asked once for all files and once for all versions: each question reads all that dpkg knows.

# packages_of(FILES): owner_FILENAME is the package of each, where dpkg knows one.
macro(packages_of files)
	set(candidates "")
	foreach(file IN LISTS ${files})
		file(REAL_PATH "${file}" real)
		list(APPEND candidates "${file}" "/usr${file}" "${real}")
	endforeach()
	ask(told dpkg-query --search ${candidates})
	string(REPLACE "\n" ";" told "${told}")
	foreach(line IN LISTS told)
		if(line MATCHES "^([a-z0-9.+-]+)(:[a-z0-9]+)?: (.*)$")
			string(MAKE_C_IDENTIFIER "owner_${CMAKE_MATCH_3}" key)
			set(${key} "${CMAKE_MATCH_1}")
		endif()
	endforeach()
endmacro()

# package_of(OUT FILE)
function(package_of out file)
	file(REAL_PATH "${file}" real)
	set(found "")
	foreach(path IN ITEMS "${file}" "/usr${file}" "${real}")
		string(MAKE_C_IDENTIFIER "owner_${path}" key)
		if(NOT found AND DEFINED ${key})
			set(found "${${key}}")
		endif()
	endforeach()
	set(${out} "${found}" PARENT_SCOPE)
endfunction()

# versions_of(NAMES): version_NAME of each package.
macro(versions_of names)
	ask(told dpkg-query --show --showformat "\${Package} \${Version}\\n" ${${names}})
	string(REPLACE "\n" ";" told "${told}")
	foreach(line IN LISTS told)
		if(line MATCHES "^([^ ]+) (.+)$")
			string(MAKE_C_IDENTIFIER "version_${CMAKE_MATCH_1}" key)
			set(${key} "${CMAKE_MATCH_2}")
		endif()
	endforeach()
endmacro()

# licences_of(OUT PACKAGE): as its copyright file names them.
function(licences_of out package)
	set(found "")
	set(file /usr/share/doc/${package}/copyright)
	if(EXISTS ${file})
		file(STRINGS ${file} lines REGEX "^License: ")
		foreach(line IN LISTS lines)
			string(REGEX REPLACE "^License: *" "" line "${line}")
			list(APPEND found "${line}")
		endforeach()
		list(REMOVE_DUPLICATES found)
	endif()
	list(JOIN found ", " found)
	set(${out} "${found}" PARENT_SCOPE)
endfunction()

# add_package(NAME FILES): one entry of a package, and that plume depends on it.
macro(add_package name file_list)
	string(MAKE_C_IDENTIFIER "version_${name}" key)
	set(version "${${key}}")
	licences_of(licences ${name})
	if(licences)
		set(comment "its copyright file names: ${licences}")
	else()
		set(comment "see /usr/share/doc/${name}/copyright")
	endif()
	if(NOT version)
		set(version "unknown")
	endif()
	json_text(comment "${comment}")
	json_text(files "${file_list}")
	string(REGEX REPLACE "[^A-Za-z0-9.-]" "-" id "${name}")
	string(REPLACE ":" "%3A" escaped "${version}")
	string(REPLACE "+" "%2B" escaped "${escaped}")
	list(APPEND packages "    {\"SPDXID\": \"SPDXRef-Package-${id}\", \"name\": \"${name}\", \
\"versionInfo\": \"${version}\", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \
\"licenseConcluded\": \"NOASSERTION\", \"licenseDeclared\": \"NOASSERTION\", \
\"licenseComments\": ${comment}, \"copyrightText\": \"NOASSERTION\", \"comment\": ${files}, \
\"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \
\"referenceLocator\": \"pkg:deb/debian/${name}@${escaped}\"}]}")
	list(APPEND relations "    {\"spdxElementId\": \"SPDXRef-Package-plume\", \
\"relationshipType\": \"DEPENDS_ON\", \"relatedSpdxElement\": \"SPDXRef-Package-${id}\"}")
endmacro()

# ---- what is there

file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAMS}
	RESOLVED_DEPENDENCIES_VAR libraries UNRESOLVED_DEPENDENCIES_VAR missing)
if(missing)
	message(FATAL_ERROR "these libraries are not found: ${missing}")
endif()
packages_of(libraries)
set(names "")
foreach(library IN LISTS libraries)
	package_of(package "${library}")
	cmake_path(GET library FILENAME file)
	if(NOT package) # built by hand: the library itself is the entry
		set(package "${file}")
	endif()
	list(APPEND names "${package}")
	string(MAKE_C_IDENTIFIER "files_${package}" key)
	list(APPEND ${key} "${file}")
endforeach()
list(APPEND names ${EXTRA})
list(REMOVE_DUPLICATES names)
list(SORT names)
versions_of(names)

set(packages "")
set(relations "")
foreach(name IN LISTS names)
	string(MAKE_C_IDENTIFIER "files_${name}" key)
	set(files "${${key}}")
	list(JOIN files ", " files)
	add_package(${name} "${files}")
endforeach()

# ---- the document

list(JOIN packages ",\n" packages)
list(JOIN relations ",\n" relations)
string(SHA256 hash "${packages}")
string(TIMESTAMP now "%Y-%m-%dT%H:%M:%SZ" UTC) # SOURCE_DATE_EPOCH, where it is set
file(WRITE ${OUT} "{
  \"spdxVersion\": \"SPDX-2.3\",
  \"dataLicense\": \"CC0-1.0\",
  \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"plume-${VERSION}\",
  \"documentNamespace\": \"https://spdx.org/spdxdocs/plume-${VERSION}-${hash}\",
  \"creationInfo\": {\"created\": \"${now}\", \"creators\": [\"Tool: plume-script-sbom\"]},
  \"packages\": [
    {\"SPDXID\": \"SPDXRef-Package-plume\", \"name\": \"plume\", \"versionInfo\": \"${VERSION}\", \
\"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"${LICENSE}\", \
\"licenseDeclared\": \"${LICENSE}\", \"copyrightText\": \"NOASSERTION\"},
${packages}
  ],
  \"relationships\": [
    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \
\"relatedSpdxElement\": \"SPDXRef-Package-plume\"},
${relations}
  ]
}
")
