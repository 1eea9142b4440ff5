// Many tasks at once, and all their results: gather and settle.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/batch.hpp>
#include <skein/detail/child.hpp>
#include <skein/outcome.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace skein {

namespace detail {

/// Children of which one failure stops the rest.
class SKEIN_API gather_scope final : public batch_scope {
public:
    using batch_scope::batch_scope;

private:
    void child_done(bool cancelled, const std::exception_ptr* error) noexcept override {
        if (cancelled || error != nullptr) [[unlikely]]
            child_failed(error);
        batch_scope::child_done(cancelled, error);
    }
    void child_failed(const std::exception_ptr* error) noexcept;
};

/// Children that are let be, whatever becomes of the others; failed() if one was cut short.
class SKEIN_API settle_scope final : public batch_scope {
public:
    using batch_scope::batch_scope;

private:
    void child_done(bool cancelled, const std::exception_ptr* error) noexcept override {
        if (ending()) child_told_to_end(cancelled, error);
        batch_scope::child_done(cancelled, error);
    }
    void child_told_to_end(bool cancelled, const std::exception_ptr* error) noexcept;
};

template <class... T>
task<std::tuple<void_to_monostate<T>...>> gather_tuple(task<T>... work) {
    gather_scope children;
    std::tuple<result<T>...> results;
    {
        auto jobs = std::apply(
            [&](auto&... slots) {
                return std::tuple<std::unique_ptr<child_job<T>>...>(
                    std::make_unique<child_job<T>>(std::move(work), slots)...);
            },
            results);
        std::apply([&](auto&... one) { (children.add(*one.release()), ...); }, jobs);
    }
    co_await children.join();
    children.rethrow();
    co_return std::apply(
        [](auto&... slots) { return std::tuple<void_to_monostate<T>...>(std::move(slots.get())...); },
        results);
}

/// The results of a batch, in the order in which the tasks began, at addresses that stay: in one block if the
/// source knows how many there will be.
template <class Source>
class result_slots {
    static constexpr bool sized = requires(const Source& source) { source.size(); };
    using T = typename Source::value_type;

public:
    explicit result_slots(const Source& source) {
        if constexpr (sized) slots_.reserve(source.size());
    }
    result<T>& add() { return slots_.emplace_back(); }
    /// Hands them over as `Value`s; to be called once.
    template <class Value, class Fn>
    std::vector<Value> convert(Fn to_value) {
        std::vector<Value> values;
        values.reserve(slots_.size());
        for (auto& slot : slots_) values.push_back(to_value(slot));
        return values;
    }

private:
    std::conditional_t<sized, std::vector<result<T>>, std::deque<result<T>>> slots_;
};

/// Tasks without a result share one slot: there is nothing to keep.
struct void_slot {
    result<void> slot;
    result<void>& add() noexcept { return slot; }
};

/// How a batch begins a task: as a child with a slot of its own.
template <class Slots>
auto begin_into(batch_scope& children, Slots& slots) {
    return [&]<class T>(task<T>&& next) { children.add(*new child_job<T>(std::move(next), slots.add())); };
}

template <class Source>
task<std::vector<typename Source::value_type>> gather_all(Source source, std::size_t limit) {
    using T = typename Source::value_type;
    gather_scope children(limit);
    result_slots<Source> slots(source);
    co_await run_batch(children, source, begin_into(children, slots));
    check_complete(children, source);
    co_return slots.template convert<T>([](result<T>& slot) { return slot.take(); });
}

template <class Source>
task<> gather_all_void(Source source, std::size_t limit) {
    gather_scope children(limit);
    void_slot slots;
    co_await run_batch(children, source, begin_into(children, slots));
    check_complete(children, source);
}

template <class Source>
task<std::vector<outcome<typename Source::value_type>>> settle_all(Source source, std::size_t limit) {
    using T = typename Source::value_type;
    settle_scope children(limit);
    result_slots<Source> slots(source);
    co_await run_batch(children, source, begin_into(children, slots));
    check_complete(children, source);
    co_return slots.template convert<outcome<T>>([](result<T>& slot) { return outcome<T>(std::move(slot)); });
}

template <class Source>
auto gather_source(Source source, std::size_t limit) {
    check_limit(limit);
    if constexpr (std::is_void_v<typename Source::value_type>)
        return gather_all_void(std::move(source), limit);
    else
        return gather_all(std::move(source), limit);
}

template <class T>
using gathered = std::conditional_t<std::is_void_v<T>, task<>, task<std::vector<void_to_monostate<T>>>>;

}  // namespace detail

/// Runs all at once and gives their results as a tuple, in the order of the arguments; void becomes
/// std::monostate. The first error cancels the rest, waits until they have ended, and is thrown; further ones
/// go to the exception handler. (asyncio lets the rest run on.) *Lifetime:* the awaitables are moved in.
/// *Cancellation:* cancels all, waits for them, throws cancelled_error. *Throws:* the first error;
/// cancelled_error if a child was cancelled from elsewhere.
template <class... A>
requires(sizeof...(A) > 0 && (detail::awaitable<A> && ...)) auto gather(A... awaitables)
    -> task<std::tuple<detail::void_to_monostate<detail::await_result_t<A>>...>> {
    return detail::gather_tuple(detail::to_task(std::move(awaitables))...);
}

/// Runs the tasks, at most `limit` at once, and gives their results in the order of the vector; tasks without
/// a result give none. Errors and cancellation as above; what has not begun by then never does. They begin in
/// order, some hundred in a turn of the loop. *Throws:* std::invalid_argument for a limit of 0,
/// std::logic_error for an empty task, both at the call.
template <class T>
detail::gathered<T> gather(std::vector<task<T>> tasks, std::size_t limit = no_limit) {
    return detail::gather_source(detail::vector_source<T>(std::move(tasks)), limit);
}

/// The same for a range that makes its tasks (or other awaitables) while it is walked, such as
/// `urls | std::views::transform(fetch_one)`: each is made when a place is free for it, so a million URLs are
/// never a million tasks. It is walked by the awaiting task; what it throws counts as a failure. *Lifetime:*
/// a view, or a container without a name, is moved in; what it refers to must outlive the task.
template <detail::task_range R>
detail::gathered<detail::range_result_t<R>> gather(R&& range, std::size_t limit) {
    return detail::gather_source(detail::range_source<R>(std::forward<R>(range)), limit);
}

/// Runs the tasks, at most `limit` at once, and gives what became of each, in the order of the vector: errors
/// are values here, and none stops the others. asyncio's gather(..., return_exceptions=True). *Cancellation:*
/// cancels all, waits for them, throws cancelled_error. *Throws:* at the call, as gather().
template <class T>
task<std::vector<outcome<T>>> settle(std::vector<task<T>> tasks, std::size_t limit = no_limit) {
    detail::check_limit(limit);
    return detail::settle_all(detail::vector_source<T>(std::move(tasks)), limit);
}

/// The same for a range that makes its tasks while it is walked: see gather(). *Throws:* what the range
/// throws, after the tasks that have begun were cancelled and have ended.
template <detail::task_range R>
task<std::vector<outcome<detail::range_result_t<R>>>> settle(R&& range, std::size_t limit) {
    detail::check_limit(limit);
    return detail::settle_all(detail::range_source<R>(std::forward<R>(range)), limit);
}

}  // namespace skein
