// The cold ends of mutex.hpp: what it throws.
#include <skein/mutex.hpp>

#include <stdexcept>

namespace skein::detail {

void throw_mutex_misuse(const char* what) {
    throw std::logic_error(what);
}

}  // namespace skein::detail
