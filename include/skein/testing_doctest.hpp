// Test cases of doctest that are coroutines. The only header of skein that needs doctest.
#pragma once

#include <skein/testing.hpp>

#include <doctest/doctest.h>

/// A test case whose body may wait. It runs in a simulation of its own; testing::this_network() is its
/// network. The body needs at least one co_await or co_return. (In a scenario of for_each_wait(), await
/// outside of CHECK(): doctest keeps what is thrown inside of it to itself, a cancellation too.)
///
///     SKEIN_TEST_CASE("an hour passes") {
///         co_await skein::sleep(1h);
///         CHECK(skein::testing::elapsed() == 1h);
///     }
#define SKEIN_TEST_CASE(...) SKEIN_TEST_CASE_NAMED(DOCTEST_ANONYMOUS(skein_test_case_), __VA_ARGS__)
#define SKEIN_TEST_CASE_NAMED(body, ...) \
    static ::skein::task<> body();       \
    DOCTEST_TEST_CASE(__VA_ARGS__) {     \
        ::skein::testing::run(body());   \
    }                                    \
    static ::skein::task<> body()
