// What a coroutine ended with, as a value.
#include <skein/detail/result.hpp>
#include <skein/outcome.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

using skein::cancelled_error;
using skein::outcome;
using skein::detail::result;
using skein::detail::result_state;

namespace {

std::exception_ptr failure(const char* what) {
    return std::make_exception_ptr(std::runtime_error(what));
}

struct throws_when_moved {
    throws_when_moved() = default;
    throws_when_moved(throws_when_moved&&) { throw std::runtime_error("moved"); }
};

}  // namespace

TEST_CASE("a result is pending until it is set") {
    result<int> r;
    CHECK(r.state() == result_state::pending);
    CHECK_THROWS_AS(r.get(), std::logic_error);
    r.set_value(7);
    CHECK(r.get() == 7);
    CHECK(r.error() == nullptr);
}

TEST_CASE("a value can be taken once") {
    result<std::unique_ptr<int>> r;
    r.set_value(std::make_unique<int>(7));
    CHECK(*r.take() == 7);
    CHECK(r.state() == result_state::taken);
    CHECK_THROWS_AS(r.take(), std::logic_error);
}

TEST_CASE("a value whose move throws is gone all the same") {
    result<throws_when_moved> r;
    r.set_value();
    CHECK_THROWS_AS(r.take(), std::runtime_error);
    CHECK(r.state() == result_state::taken);
}

TEST_CASE("an error is thrown every time") {
    result<void> r;
    r.set_error(failure("no"));
    CHECK_THROWS_WITH_AS(r.get(), "no", std::runtime_error);
    CHECK_THROWS_WITH_AS(r.take(), "no", std::runtime_error);
    REQUIRE(r.thrown() != nullptr);
    CHECK(r.error() == *r.thrown());
}

TEST_CASE("cancellation is an error, but none that was thrown") {
    result<std::string> r;
    r.set_cancelled();
    CHECK_THROWS_AS(r.get(), cancelled_error);
    CHECK(r.error() != nullptr);
    CHECK(r.thrown() == nullptr);
}

TEST_CASE("what was caught is told from cancellation") {
    result<int> error, cancelled;
    try {
        throw 42;
    } catch (...) {
        error.set_caught();
    }
    try {
        throw cancelled_error();
    } catch (...) {
        cancelled.set_caught();
    }
    CHECK(error.state() == result_state::error);
    CHECK_THROWS_AS(error.get(), int);
    CHECK(cancelled.state() == result_state::cancelled);
}

TEST_CASE("moving a result moves what is in it, and drops what was there") {
    auto alive = std::make_shared<int>(1);
    std::weak_ptr<int> watch = alive;
    result<std::shared_ptr<int>> from, to;
    to.set_value(std::move(alive));
    from.set_error(failure("later"));
    to = std::move(from);
    CHECK(watch.expired());
    CHECK_THROWS_WITH(to.get(), "later");
    auto& same = to;
    to = std::move(same);
    CHECK(to.state() == result_state::error);
}

TEST_CASE("an outcome is true with a value and gives the error without") {
    result<int> value, error, cancelled;
    value.set_value(3);
    error.set_error(failure("no"));
    cancelled.set_cancelled();
    outcome<int> good(std::move(value)), bad(std::move(error)), stopped(std::move(cancelled));
    CHECK(good);
    CHECK(good.value() == 3);
    CHECK(good.error() == nullptr);
    CHECK_FALSE(bad);
    CHECK_FALSE(bad.cancelled());
    CHECK_THROWS_WITH(bad.value(), "no");
    CHECK(stopped.cancelled());
    CHECK_THROWS_AS(std::rethrow_exception(stopped.error()), cancelled_error);
}
