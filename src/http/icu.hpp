// The name of ICU's common library, for the places that load it at their first use: it has the major version
// in it, as all its functions have, so that it is the one of the headers or none.
#pragma once

#include "base/lazy_library.hpp"

#include <unicode/uvernum.h>

#define SKEIN_ICU_LIBRARY "libicuuc.so." SKEIN_QUOTED(U_ICU_VERSION_MAJOR_NUM)
