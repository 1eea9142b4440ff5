// The macros of the library: what is visible outside a shared libskein.
#pragma once

#if defined(__GNUC__)
#define SKEIN_API __attribute__((visibility("default")))
// The same for a class whose values must not be dropped: g++ 12 takes no [[nodiscard]] beside the other
// spelling.
#define SKEIN_NODISCARD_API [[nodiscard, gnu::visibility("default")]]
#else
#define SKEIN_API
#define SKEIN_NODISCARD_API [[nodiscard]]
#endif
