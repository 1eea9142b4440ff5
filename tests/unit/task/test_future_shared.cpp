// A future that was handed to something that awaits it, and kept as well.
#include "virtual_loop.hpp"

#include <skein/future.hpp>
#include <skein/gather.hpp>
#include <skein/sleep.hpp>
#include <skein/timeout.hpp>

#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <utility>

using namespace std::chrono_literals;
using skein::create_task;
using skein::future;
using skein::task;
using skein::tests::run_virtual;

namespace {

const std::string text = "long enough not to be in the string object itself";

task<std::string> give() {
    co_await skein::yield();
    co_return text;
}

}  // namespace

TEST_CASE("wait_for, gather and create_task leave the value of a future to its other handles") {
    run_virtual([&]() -> task<> {
        auto f = create_task(give());
        CHECK(co_await skein::wait_for(f, 1s) == text);
        CHECK(f.result() == text);
        CHECK(co_await skein::wait_for(f, 0s) == text);
        const auto both = co_await skein::gather(f, f);
        CHECK(std::get<0>(both) == text);
        CHECK(std::get<1>(both) == text);
        CHECK(co_await create_task(f) == text);
        CHECK(f.result() == text);
    });
}

TEST_CASE("the last handle of a future gives the value away without a copy") {
    struct counted {
        explicit counted(int& copies) : copies_(&copies) {}
        counted(const counted& other) : copies_(other.copies_) { ++*copies_; }
        counted(counted&&) = default;
        int* copies_;
    };
    int copies = 0;
    run_virtual([&]() -> task<> {
        const auto make = [&]() -> task<counted> { co_return counted(copies); };
        co_await skein::wait_for(create_task(make()), 1s);
        CHECK(copies == 0);
        auto kept = create_task(make());
        co_await skein::wait_for(kept, 1s);
        CHECK(copies == 1);
    });
}
