// Libraries that are loaded when they are first used.
#include "base/lazy_library.hpp"

#include <doctest/doctest.h>

#if SKEIN_LAZY_LOADING

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace {

namespace missing {
SKEIN_LAZY_LIBRARY(library, "libskein-that-nobody-has.so.1", "tests", "Nothing");
SKEIN_LAZY_FUNCTION(library, crc32);
}  // namespace missing

namespace there {
SKEIN_LAZY_LIBRARY(library, "libz.so.1", "tests", "Sums");
SKEIN_LAZY_FUNCTION(library, crc32);
constinit const skein::detail::lazy_function<int()> no_such(library, "skein_no_such");
}  // namespace there

/// What a call throws.
template <class Call>
std::string thrown_by(Call call) {
    try {
        call();
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a function of a lazy library is called as if it had been linked") {
    CHECK(there::library.is_there());
    CHECK(there::library.why_missing().empty());
    const auto* const text = reinterpret_cast<const Bytef*>("123456789");
    CHECK(there::crc32(0, text, 9) == 0xcbf43926);
    CHECK(there::crc32(0, text, 9) == 0xcbf43926);
}

TEST_CASE("a lazy library that is missing says so, and why, as often as it is asked") {
    for (int i = 0; i < 2; ++i) {
        CHECK(!missing::library.is_there());
        const std::string why = missing::library.why_missing();
        CHECK(why.starts_with("libskein-that-nobody-has.so.1 cannot be loaded: "));
        CHECK(why.find("No such file") != why.npos);
        CHECK(thrown_by([] { (void)missing::crc32(0, nullptr, 0); }) == why);
    }
}

TEST_CASE("a function that a lazy library does not have is an error that names both") {
    CHECK(thrown_by([] { (void)there::no_such(); }) == "libz.so.1 has no function skein_no_such");
}

#endif
