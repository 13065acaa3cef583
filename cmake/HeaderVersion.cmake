# require_header_version(NAME HEADER MACRO WANTED)
# Stops unless HEADER defines MACRO as WANTED: a wheel of another version compiles and then misbehaves.
function(require_header_version name header macro wanted)
  file(STRINGS "${header}" line REGEX "define ${macro} ")
  string(REGEX MATCH "[0-9]+" found "${line}")
  if(NOT found EQUAL wanted)
    message(FATAL_ERROR "${name}'s header says ${found}, this project needs ${wanted}")
  endif()
endfunction()
