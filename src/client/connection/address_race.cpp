// Owns the race of attempts to connect: who starts when, who wins, what becomes of the others.
#include "client/connection/address_race.hpp"

#include <skein/detail/child.hpp>
#include <skein/detail/deadline.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace skein::client {

namespace {

using detail::this_kernel;

// Wakes its owner for each child that ends, and when it is time for the next one.
class race_scope final : public detail::join_scope, private detail::deadline {
public:
    /// Waits for one of these, for the latter if it is not clock::time_point::max(). There is a child.
    auto news(clock::time_point next) noexcept {
        struct awaiter {
            race_scope& scope;
            const clock::time_point next;
            bool await_ready() const noexcept { return scope.has_news_; }
            void await_suspend(detail::task_handle at) const {
                if (next != clock::time_point::max()) this_kernel.scheduler->deadlines().set(scope, next);
                scope.wait_at(at);
            }
            void await_resume() const noexcept {
                scope.has_news_ = false;
                if (scope.is_set()) this_kernel.scheduler->deadlines().clear(scope);
            }
        };
        return awaiter{*this, next};
    }

private:
    void child_done(bool, const std::exception_ptr*) noexcept override { tell(); }
    void on_deadline() noexcept override { tell(); }
    void tell() noexcept {
        has_news_ = true;
        wake_owner();
    }

    bool has_news_ = false;
};

connect_try* connected_of(std::span<connect_try> all) noexcept {
    const auto found =
        std::find_if(all.begin(), all.end(), [](const auto& one) { return one.stream != nullptr; });
    return found == all.end() ? nullptr : &*found;
}

/// Until somebody has won, all have failed, or the owner is told to stop.
task<> start_in_order(race_scope& children, std::span<connect_try> all, clock::duration stagger,
                      const net::socket_options& how, detail::result<connect_try*>& ended) {
    constexpr auto never = clock::time_point::max();
    std::size_t begun = 0;
    std::size_t failed = 0;
    auto next = this_kernel.scheduler->now();
    while (connected_of(all) == nullptr && failed < all.size() && !children.owner_must_stop()) {
        const std::size_t before = std::exchange(failed, begun - children.count_children());
        const auto now = this_kernel.scheduler->now();
        if (begun < all.size() && (failed > before || now >= next)) {
            children.start_child(try_address(all[begun++], how), ended);
            next = stagger > stagger.zero() && begun < all.size() ? now + stagger : never;
        }
        if (children.has_children()) co_await children.news(next);
    }
}

}  // namespace

std::vector<ip_address> in_turns(std::vector<ip_address> all) {
    if (all.size() < 2) return all;
    std::vector<ip_address> left;
    for (const auto& one : all)
        if (std::find(left.begin(), left.end(), one) == left.end()) left.push_back(one);
    std::vector<ip_address> result;
    result.reserve(left.size());
    bool wants_v6 = left.front().is_v6();
    while (!left.empty()) {
        auto next =
            std::find_if(left.begin(), left.end(), [&](const auto& one) { return one.is_v6() == wants_v6; });
        if (next == left.end()) next = left.begin();
        result.push_back(*next);
        left.erase(next);
        wants_v6 = !wants_v6;
    }
    return result;
}

task<connect_try*> try_address(connect_try& one, const net::socket_options& how) {
    const auto& scheduler = *this_kernel.scheduler;
    one.started = scheduler.now();
    try {
        one.stream = co_await net::network::current().connect(one.to, how);
    } catch (const cancelled_error&) {
        one.ended = scheduler.now();
        one.error = "no answer";
        one.given_up = true;
        throw;
    } catch (const std::system_error& e) {
        one.error = e.what();
        one.code = e.code();
    } catch (const std::exception& e) {
        one.error = e.what();
    }
    one.ended = scheduler.now();
    co_return one.stream ? &one : nullptr;
}

task<connect_try*> race(std::span<connect_try> all, clock::duration stagger, const net::socket_options& how) {
    race_scope children;
    detail::result<connect_try*> ended;
    std::exception_ptr broken;
    try {
        co_await start_in_order(children, all, stagger, how, ended);
    } catch (...) {
        broken = std::current_exception();  // no memory
    }
    connect_try* const winner = connected_of(all);
    children.end_children();
    while (children.has_children()) co_await children.news(clock::time_point::max());
    for (auto& one : all) {
        if (&one == winner || (one.stream == nullptr && !one.given_up)) continue;
        one.stream.reset();
        if (winner != nullptr) one.error = "another address was faster";
    }
    if (winner != nullptr) co_return winner;
    if (broken) std::rethrow_exception(broken);
    if (children.owner_must_stop()) throw cancelled_error();
    co_return nullptr;
}

}  // namespace skein::client
