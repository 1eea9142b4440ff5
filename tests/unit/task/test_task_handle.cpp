// What a frame knows of itself: which function it is, and who awaits it.
#include "task/describe.hpp"
#include "virtual_loop.hpp"

#include <skein/detail/task_handle.hpp>
#include <skein/sleep.hpp>
#include <skein/task.hpp>

#include <doctest/doctest.h>

#include <coroutine>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using skein::task;
using skein::detail::short_function_name;
using skein::detail::task_handle;
using skein::tests::run_virtual;

namespace {

struct foreign_promise {};
static_assert(!std::is_convertible_v<std::coroutine_handle<foreign_promise>, task_handle>);
static_assert(!std::is_convertible_v<std::coroutine_handle<>, task_handle>);
static_assert(std::is_convertible_v<std::coroutine_handle<task<int>::promise_type>, task_handle>);

/// Looks at who awaits it, and goes on at once.
struct look_around {
    std::vector<std::string> functions;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(task_handle at) {
        for (; at; at = at.head().parent)
            functions.emplace_back(short_function_name(at.head().function.function_name()));
        return false;
    }
    void await_resume() const noexcept {}
};

struct aligned_result {
    alignas(alignof(std::max_align_t)) char bytes[32] = {};
};

task<> inner(look_around& look) {
    co_await look;
}
template <class T>
task<T> middle(look_around& look, T value) {
    co_await inner(look);
    co_return value;
}
task<> outer(look_around& look) {
    (void)co_await middle(look, 1);
}

std::string ends(const std::string& name) {
    return name.substr(name.rfind(':') + 1);
}

}  // namespace

TEST_CASE("from the innermost frame the chain of awaits can be walked, with the functions' names") {
    look_around look;
    run_virtual([&]() -> task<> { co_await outer(look); });
    REQUIRE(look.functions.size() == 4);
    CHECK(ends(look.functions[0]) == "inner");
    CHECK(ends(look.functions[1]) == "middle");
    CHECK(ends(look.functions[2]) == "outer");
}

TEST_CASE("the head of a frame is found whatever the result is aligned to") {
    look_around look;
    run_virtual([&]() -> task<> { (void)co_await middle(look, aligned_result()); });
    REQUIRE(look.functions.size() == 3);
    CHECK(ends(look.functions[1]) == "middle");
}

TEST_CASE("a function's name is shortened to what a reader looks for, as g++ and clang write it") {
    CHECK(short_function_name("task<int> hello(X) [with X = int]") == "hello");
    CHECK(short_function_name("task<int> hello(X) [X = std::pair<int, long>]") == "hello");
    CHECK(short_function_name("skein::task<> foo::bar::m(int, const char*)") == "foo::bar::m");
    CHECK(short_function_name("skein::task<void> foo::bar::m(int) const") == "foo::bar::m");
    CHECK(short_function_name("main()::<lambda(int)>") == "main()::<lambda(int)>");
    CHECK(short_function_name("auto main()::(anonymous class)::operator()(int) const") ==
          "main()::(anonymous class)::operator()");
    CHECK(short_function_name("skein::task<std::tuple<A, B> > ns::g(std::vector<int>) [with T = {A, B}]") ==
          "ns::g");
    CHECK(short_function_name("task<> f(std::function<int (int)>)") == "f");
    CHECK(short_function_name("task<> {anonymous}::f(int)") == "{anonymous}::f");
    CHECK(short_function_name("task<> (anonymous namespace)::f(int)") == "(anonymous namespace)::f");
    CHECK(short_function_name("") == "");
    CHECK(short_function_name(")") == ")");
    CHECK(short_function_name("x]") == "x]");
}
