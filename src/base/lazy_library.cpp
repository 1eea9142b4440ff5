// Owns the loading of libraries.
#include "base/lazy_library.hpp"

#if SKEIN_LAZY_LOADING

#include <dlfcn.h>

#include <stdexcept>

namespace skein::detail {

void* lazy_library::handle() const noexcept {
    void* loaded = handle_.load(std::memory_order_acquire);
    if (loaded != nullptr || failed_.load(std::memory_order_relaxed)) return loaded;
    // Two threads may come here at once: both get the same handle.
    loaded = ::dlopen(soname_, RTLD_NOW | RTLD_LOCAL);
    failed_.store(loaded == nullptr, std::memory_order_relaxed);
    handle_.store(loaded, std::memory_order_release);
    return loaded;
}

std::string lazy_library::why_missing() const {
    failed_.store(false, std::memory_order_relaxed);
    if (handle() != nullptr) return {};
    const char* const why = ::dlerror();
    return std::string(soname_) + " cannot be loaded: " + (why != nullptr ? why : "no reason is known");
}

void* lazy_library::find(const char* function) const {
    void* const library = handle();
    if (library == nullptr) throw std::runtime_error(why_missing());
    void* const address = ::dlsym(library, function);
    if (address == nullptr) throw std::runtime_error(std::string(soname_) + " has no function " + function);
    return address;
}

}  // namespace skein::detail

#endif
