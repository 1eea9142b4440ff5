// The simulation of skein/testing.hpp, as the unit tests use it: what is reported to the exception handler is
// kept, and unless a test looks at it there must be nothing.
#pragma once

#include <skein/testing.hpp>

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::tests {

class virtual_loop {
public:
    template <class T>
    T run(task<T> main) {
        return simulation_.run(std::move(main));
    }

    /// The contexts of the exceptions that nobody could receive, in order.
    const std::vector<std::string>& reports() const noexcept { return reports_; }

    detail::scheduler& scheduler() noexcept { return *detail::this_kernel.scheduler; }

    /// How much time the loop of this thread has skipped.
    static clock::duration elapsed() noexcept { return testing::elapsed(); }

private:
    testing::simulation_options options() {
        testing::simulation_options mine;
        mine.exception_handler = [this](std::string_view context, const std::exception_ptr&) {
            reports_.emplace_back(context);
        };
        return mine;
    }

    std::vector<std::string> reports_;
    testing::simulation simulation_{options()};
};

/// Runs a task on a virtual loop of its own; nothing may be reported meanwhile.
template <class T>
T run_virtual(task<T> main) {
    virtual_loop loop;
    struct at_end {
        virtual_loop& loop;
        ~at_end() { CHECK(loop.reports().empty()); }
    } check{loop};
    return loop.run(std::move(main));
}

/// The same for a callable that gives a task; it is kept meanwhile, so a lambda may capture.
template <class Fn>
requires detail::async_callable<Fn>
auto run_virtual(Fn&& body) {
    return run_virtual(body());
}

}  // namespace skein::tests
