// Optional libraries that are loaded when they are first used, so that a process pays for those that it
// needs, and runs where one is missing. Knows nothing of what they do.
#pragma once

#include "skein_features.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

// In quotes; through a macro more, so that macros among the arguments are replaced first: ICU renames its
// functions.
#define SKEIN_QUOTED(text) SKEIN_QUOTED_AS_IT_IS(text)
#define SKEIN_QUOTED_AS_IT_IS(text) #text

namespace skein::detail {

#if SKEIN_LAZY_LOADING

/// A shared library by its soname; for the life of the process once it is loaded. Made with
/// SKEIN_LAZY_LIBRARY. Every thread may use it.
class lazy_library {
public:
    constexpr explicit lazy_library(const char* soname) noexcept : soname_(soname) {}
    lazy_library(const lazy_library&) = delete;
    lazy_library& operator=(const lazy_library&) = delete;

    /// Whether it is there; loads it. What failed once is not tried again.
    bool is_there() const noexcept { return handle() != nullptr; }
    /// Why it cannot be used, "libzstd.so.1 cannot be loaded: ..."; empty: it can. Tries again if it failed.
    std::string why_missing() const;
    /// The address of a function. Throws std::runtime_error if the library cannot be loaded or has none such.
    void* find(const char* function) const;

private:
    void* handle() const noexcept;

    const char* soname_;
    mutable std::atomic<void*> handle_ = nullptr;
    mutable std::atomic<bool> failed_ = false;
};

template <class Signature>
class lazy_function;

/// A function of a lazy_library, found at its first call. Made with SKEIN_LAZY_FUNCTION.
template <class Result, class... Arguments>
class lazy_function<Result(Arguments...)> {
public:
    constexpr lazy_function(const lazy_library& library, const char* name) noexcept
        : library_(library), name_(name) {}

    /// Throws std::runtime_error as lazy_library::find() does.
    Result operator()(Arguments... arguments) const {
        void* address = address_.load(std::memory_order_relaxed);
        if (address == nullptr) {
            address = library_.find(name_);
            address_.store(address, std::memory_order_relaxed);
        }
        return reinterpret_cast<Result (*)(Arguments...)>(address)(arguments...);
    }

private:
    const lazy_library& library_;
    const char* name_;
    mutable std::atomic<void*> address_ = nullptr;
};

/// What a program may load is written in its file, for packagers: the note that
/// https://systemd.io/ELF_DLOPEN_METADATA specifies.
template <std::size_t Bytes>
struct dlopen_note {
    std::uint32_t name_bytes = sizeof(name);
    std::uint32_t json_bytes = Bytes;
    std::uint32_t type = 0x407c0c0a;
    char name[4] = "FDO";
    char json[(Bytes + 3) / 4 * 4];
};

#define SKEIN_DLOPEN_JSON(soname, feature, description)            \
    "[{\"feature\":\"" feature "\",\"description\":\"" description \
    "\",\"priority\":\"recommended\",\"soname\":[\"" soname "\"]}]"

/// Defines `variable`, the library of that soname, and the note about it: three string literals.
#define SKEIN_LAZY_LIBRARY(variable, soname, feature, description)                                       \
    [[gnu::used, gnu::section(".note.dlopen")]] alignas(4) constinit const ::skein::detail::dlopen_note< \
        sizeof(SKEIN_DLOPEN_JSON(soname, feature, description))>                                         \
        variable##_note{.json = SKEIN_DLOPEN_JSON(soname, feature, description)};                        \
    constinit const ::skein::detail::lazy_library variable(soname)

/// Declares `function`, which a header of that library declares in the global namespace, in this one.
#define SKEIN_LAZY_FUNCTION(library, function)                                             \
    constinit const ::skein::detail::lazy_function<decltype(::function)> function(library, \
                                                                                  SKEIN_QUOTED(function))

#else

/// Linked: there when the program starts.
class lazy_library {
public:
    bool is_there() const noexcept { return true; }
    std::string why_missing() const { return {}; }
};

#define SKEIN_LAZY_LIBRARY(variable, soname, feature, description) \
    const ::skein::detail::lazy_library variable
#define SKEIN_LAZY_FUNCTION(library, function) using ::function

#endif

}  // namespace skein::detail
