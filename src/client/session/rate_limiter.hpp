// Owns when a request may go to an origin: a bucket and a line of waiters for each. Knows no requests.
#pragma once

#include "http1/parser.hpp"

#include <skein/clock.hpp>
#include <skein/detail/deadline.hpp>
#include <skein/detail/wait_line.hpp>
#include <skein/rate_limit.hpp>
#include <skein/url.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace skein::client {

/// When the next request may go: a token bucket, kept as the one point in time at which it would be full
/// again (the generic cell rate algorithm), so that nothing has to be refilled.
class request_bucket {
public:
    explicit request_bucket(const rate_limit& limit) noexcept;

    clock::time_point free_at() const noexcept { return full_at_ - slack_; }
    void take(clock::time_point now) noexcept { full_at_ = (now > full_at_ ? now : full_at_) + interval_; }
    /// Nothing before `until`; then one at a time.
    void block(clock::time_point until) noexcept {
        if (until > free_at()) full_at_ = until + slack_;
    }
    bool is_full(clock::time_point now) const noexcept { return full_at_ <= now; }

private:
    clock::duration interval_;
    clock::duration slack_;  // by which a burst may be early
    clock::time_point full_at_{};
};

class rate_limiter {
public:
    /// The requests to one origin. Stays where it is while somebody waits, and until the next call of at().
    class origin final : detail::deadline {
    public:
        explicit origin(const rate_limit& limit) noexcept : bucket_(limit) {}

        /// False if it takes waiting.
        bool try_take() noexcept;
        void block(clock::time_point until);

        /// co_await turn(): its turn has come. *Cancellation:* at once. *Throws:* std::logic_error if the
        /// session is closed meanwhile.
        class turn_wait final : public detail::queued_wait {
        public:
            explicit turn_wait(origin& at) noexcept : queued_wait(at.line_), at_(at) {}
            bool await_ready() const {
                check();
                return at_.try_take();
            }
            void await_suspend(detail::task_handle at) {
                at_.arm();
                enqueue(at);
            }
            void await_resume() const;

        private:
            void describe(std::string& out) const override;
            void on_cancel() noexcept override;
            origin& at_;
        };
        turn_wait turn() noexcept { return turn_wait(*this); }

    private:
        friend rate_limiter;
        void arm();
        void on_deadline() noexcept override;

        request_bucket bucket_;
        detail::wait_line line_;
    };

    explicit rate_limiter(const rate_limit& limit) : limit_(limit) {}
    static bool is_needed(const rate_limit& limit) noexcept {
        return limit.per_second > 0 || limit.honour_retry_after;
    }

    const rate_limit& limit() const noexcept { return limit_; }
    origin& at(const url& to);
    /// What a response says about the requests to come.
    void learn(const url& from, const http1::response_head& head, std::chrono::system_clock::time_point now);
    /// Sends everybody away who waits.
    void refuse_waiters() noexcept;
    std::size_t origins() const noexcept { return origins_.size(); }

private:
    void forget_unused_origins();

    rate_limit limit_;
    std::unordered_map<std::string, origin> origins_;
    std::size_t origins_worth_a_sweep_ = 256;
    std::string key_;
};

}  // namespace skein::client
