// The one macro of the library: what is visible outside a shared libskein.
#pragma once

#if defined(__GNUC__)
#define SKEIN_API __attribute__((visibility("default")))
#else
#define SKEIN_API
#endif
