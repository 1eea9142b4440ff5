// Many tasks at once, and the result of one: first and first_success.
#pragma once

#include <skein/detail/awaitable.hpp>
#include <skein/detail/batch.hpp>
#include <skein/detail/collect.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace skein {

namespace detail {

/// Children of which one wins: the rest is cancelled, and what becomes of it is nobody's.
class SKEIN_API race_scope final : public collecting_scope {
public:
    /// Whoever ends first wins, with a value or an error.
    race_scope() noexcept = default;
    /// Whoever has a value first wins. Throws std::bad_alloc.
    race_scope(std::size_t contestants, std::size_t limit)
        : collecting_scope(limit), value_wins_(true), errors_(contestants) {}
    ~race_scope() override;

    /// After join(): the winner. Throws, if there is none, exception_group where all have failed,
    /// cancelled_error where the owner was cancelled.
    collected_job& winner();

private:
    void collect(std::unique_ptr<collected_job> ended) noexcept override;

    bool value_wins_ = false;
    std::vector<std::exception_ptr> errors_;  // of those that cannot win
    std::unique_ptr<collected_job> winner_;
};

/// Throws std::invalid_argument.
SKEIN_API void check_contestants(std::size_t count);

template <class T>
task<T> first_of_vector(vector_source<T> source) {
    race_scope children;
    const auto begin = [&](task<T>&& next) {
        children.add(*new collected_job_of<T>(std::move(next), children, 0));
    };
    co_await run_batch(children, source, begin);
    co_return static_cast<collected_job_of<T>&>(children.winner()).get().take();
}

template <class T>
task<T> first_success_of_vector(vector_source<T> source, std::size_t limit) {
    race_scope children(source.size(), limit);
    std::size_t index = 0;
    const auto begin = [&](task<T>&& next) {
        children.add(*new collected_job_of<T>(std::move(next), children, index++));
    };
    co_await run_batch(children, source, begin);
    co_return static_cast<collected_job_of<T>&>(children.winner()).get().take();
}

/// The value of a child with this place among the types of the variant. Throws what the child threw.
template <class Variant, class T, std::size_t I>
Variant value_of(collected_job& ended) {
    return Variant(std::in_place_index<I>, std::move(static_cast<collected_job_of<T>&>(ended).get().get()));
}

template <class... T, std::size_t... I>
task<std::variant<void_to_monostate<T>...>> first_of_pack(std::index_sequence<I...>, task<T>... work) {
    using variant = std::variant<void_to_monostate<T>...>;
    race_scope children;
    {
        std::tuple jobs(std::make_unique<collected_job_of<T>>(std::move(work), children, I)...);
        (children.add(*std::get<I>(jobs).release()), ...);
    }
    co_await children.join();
    constexpr variant (*value_at[])(collected_job&) = {value_of<variant, T, I>...};
    auto& winner = children.winner();
    co_return value_at[winner.index()](winner);
}

}  // namespace detail

/// Runs all at once until one has ended, cancels the others, waits until they have ended too, and gives the
/// value of the first as a variant, whose index() says which one it was; void becomes std::monostate. If the
/// first one failed, that is what is thrown. What has not begun by then never does. Values of the others are
/// destroyed, their errors go to the exception handler. *Lifetime:* the awaitables are moved in.
/// *Cancellation:* cancels all, waits for them, throws cancelled_error; a value that one of them gives in
/// spite of that is given. *Throws:* the error of the first; cancelled_error if that was cancelled from
/// elsewhere.
template <class... A>
requires(sizeof...(A) > 0 && (detail::awaitable<A> && ...)) auto first(A... awaitables)
    -> task<std::variant<detail::void_to_monostate<detail::await_result_t<A>>...>> {
    return detail::first_of_pack(std::index_sequence_for<A...>(), detail::to_task(std::move(awaitables))...);
}

/// The same for tasks of one type. *Throws:* std::invalid_argument if there are none and std::logic_error for
/// an empty task, both at the call.
template <class T>
task<T> first(std::vector<task<T>> tasks) {
    detail::check_contestants(tasks.size());
    return detail::first_of_vector(detail::vector_source<T>(std::move(tasks)));
}

/// Runs the tasks, at most `limit` at once and in their order, until one has given a value, cancels the
/// others, waits until they have ended too, and gives that value. A limit of 1 tries one after another:
/// mirrors, say. Errors before the value are dropped; what a cancelled one throws goes to the exception
/// handler. *Cancellation:* as first(). *Throws:* exception_group with the errors in the order of the vector
/// if all have failed, where one that was cancelled from elsewhere has cancelled_error; at the call,
/// std::invalid_argument if there are none or for a limit of 0, std::logic_error for an empty task.
template <class T>
task<T> first_success(std::vector<task<T>> tasks, std::size_t limit = no_limit) {
    detail::check_contestants(tasks.size());
    detail::check_limit(limit);
    return detail::first_success_of_vector(detail::vector_source<T>(std::move(tasks)), limit);
}

}  // namespace skein
