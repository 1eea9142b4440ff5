// What can be awaited, what that gives, and how anything awaitable becomes a task.
#pragma once

#include <skein/task.hpp>

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace skein::detail {

template <class A>
decltype(auto) get_awaiter(A&& a) {
    if constexpr (requires { std::forward<A>(a).operator co_await(); })
        return std::forward<A>(a).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<A>(a)); })
        return operator co_await(std::forward<A>(a));
    else
        return std::forward<A>(a);
}

template <class A>
concept awaitable = requires(A&& a) {
    { get_awaiter(std::forward<A>(a)).await_ready() } -> std::convertible_to<bool>;
    get_awaiter(std::forward<A>(a)).await_resume();
};

/// What `co_await a` gives.
template <class A>
using await_result_t = std::remove_cvref_t<decltype(get_awaiter(std::declval<A>()).await_resume())>;

template <class T>
using void_to_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
struct is_task : std::false_type {};
template <class T>
struct is_task<task<T>> : std::true_type {};

template <class A>
task<await_result_t<A>> await_in_task(A a) {
    if constexpr (requires {
                      std::move(a).await_handle();
                  })  // a future, of which the caller may keep another
        co_return co_await std::move(a).await_handle();
    else
        co_return co_await std::move(a);
}

/// Anything awaitable, as a task. Throws std::logic_error for an empty task.
template <class T>
task<T>&& to_task(task<T>&& a) {
    if (!a) throw_empty_task();
    return std::move(a);
}
template <class A>
task<await_result_t<A>> to_task(A a) {
    if constexpr (std::convertible_to<A, task<await_result_t<A>>>)
        return static_cast<task<await_result_t<A>>>(std::move(a));
    else
        return await_in_task(std::move(a));
}

/// A callable and its arguments, kept in the task that runs them: so a lambda's captures live as long as its
/// coroutine. The arguments are passed on as rvalues; use std::ref for references.
template <class Fn, class... Args>
auto call_in_task(Fn fn, Args... args) -> task<await_result_t<std::invoke_result_t<Fn&, Args...>>> {
    co_return co_await std::invoke(fn, std::forward<Args>(args)...);
}

/// A callable that gives something awaitable.
template <class Fn, class... Args>
concept async_callable = std::invocable<Fn&, Args...> && awaitable<std::invoke_result_t<Fn&, Args...>>;

template <class Fn, class... Args>
using async_result_t = await_result_t<std::invoke_result_t<Fn&, Args...>>;

}  // namespace skein::detail
