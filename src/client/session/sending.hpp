// One request on its way: what it is, how far it is, how long it may take, and how to say what went wrong.
// Shared by the request's life (send.cpp) and its responses.
#pragma once

#include "client/report/progress.hpp"
#include "client/request/request_state.hpp"
#include "client/session/retry_rules.hpp"
#include "http1/connection.hpp"

#include <skein/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::client {

class sending {
public:
    /// Resolves limits and headers against the session's and the library's, and starts the clock.
    explicit sending(std::unique_ptr<request_state> what);
    sending(const sending&) = delete;
    sending& operator=(const sending&) = delete;
    ~sending();

    request_state& request() noexcept { return *request_; }
    const request_state& request() const noexcept { return *request_; }
    session_core& core() const noexcept { return *request_->core; }
    client::progress& progress() noexcept { return progress_; }
    const client::progress& progress() const noexcept { return progress_; }
    /// Whom connections for it trust.
    const tls_context& trust() const noexcept;
    /// The headers of the request as it stands: the session's, where nothing was added to them.
    const headers& fields() const noexcept { return *fields_; }
    /// The same, as the request's own, to be changed.
    headers& own_fields();

    /// Whether anybody wants to be told of each step (tell.hpp).
    bool is_traced() const noexcept { return traced_; }
    std::uint64_t trace_number() const noexcept;
    /// Whether middlewares go around each attempt.
    bool has_middleware() const noexcept { return wrapped_; }
    /// Until take_back_changes(), changes of the request are those of a middleware, for one attempt only.
    void begin_changes();
    /// Before the request becomes another: the attempt goes on the report's list as it was.
    void take_back_changes();
    /// For a middleware: a body in memory, or none, in the place of the request's, with what belongs to that.
    void replace_body(std::shared_ptr<const std::string> content);

    /// An attempt begins: the one before it, if it is not yet, is put on the report's list.
    void begin_attempt() {
        if (progress_.attempt_is_open || rare_) [[unlikely]]
            forget_attempt();
        progress_.attempt_is_open = true;
        progress_.attempt_started = detail::this_kernel.scheduler->now();
    }
    /// Puts the attempt on the list, before the request becomes another. Nothing if there is none.
    void set_attempt_aside();
    /// What was tried to connect for the attempt, where there was more to it than the one that it got.
    void note_connects(std::vector<connect_report> tried) const;
    /// Why the attempt failed.
    void note_failure(std::string_view why) const;

    void enter(phase next) noexcept { progress_.enter(next, detail::this_kernel.scheduler->now()); }
    /// The exchange is over: the report's clock stands still.
    void end() noexcept;
    /// The time limit of the whole begins anew, unless somebody has set it: that one spans everything.
    void restart_default_total() noexcept;
    /// When the phase has to be over, if it begins now.
    due_time due(phase in) const noexcept;
    /// When the body has to be over.
    due_time due_for_body() const noexcept;
    /// How fast the body must come.
    const rate_floor& min_rate() const noexcept { return limits_->min_rate; }

    std::shared_ptr<const request_report> report() const;

    /// Throws an error of the tree, with the report: "WHAT (GET http://..., after 1.2 s)".
    template <class Error, class... Args>
    [[noreturn]] void fail(const std::string& what, Args&&... args) const {
        Error error(with_context(what), std::forward<Args>(args)...);
        note_failure(what);
        error.attach(report());
        throw error;
    }
    /// Throws timeout_error for the phase; `detail` says what was waited for.
    [[noreturn]] void fail_timeout(phase in, const due_time& due, std::string_view detail) const;
    /// Throws response_error for a status that the caller takes for an error.
    [[noreturn]] void fail_status(const http1::response_head& head) const;
    /// Throws what an exchange failed of; of a body, with `more` to say.
    [[noreturn]] void fail_exchange(const http1::exchange& x, const std::string& more = {}) const;

    /// What is said about repetition, by the request or the session; null: nothing is repeated.
    const retry_settings* retries() const noexcept;
    /// For the words of errors: why the latest attempt was not the last, and that another one follows.
    void note_reason(std::string_view why);
    void note_repetition();
    /// What follows is another matter.
    void forget_repetitions() noexcept { repeated_.reset(); }

    std::string host() const;
    /// Who is at the other end, for messages: "example.org:8080 [10.0.0.1:8080]".
    std::string peer() const;

private:
    struct original;
    struct rarities;
    rarities& rare() const;
    clock::time_point now_or_end() const noexcept;
    attempt_report attempt_so_far() const;
    void forget_attempt();
    std::string with_context(const std::string& what) const;

    struct repetitions {
        unsigned attempts = 1;
        std::string reasons;  // of those that failed, the same one after the other once
        std::string last_reason;
    };

    std::unique_ptr<request_state> request_;
    const headers* fields_;
    client::progress progress_;
    const timeouts* limits_;  // the session's or the request's own; all of them set
    clock::time_point total_from_;
    std::unique_ptr<repetitions> repeated_;   // null: never
    mutable std::unique_ptr<rarities> rare_;  // what few requests need; null: nothing yet
    bool total_was_set_;
    bool traced_;
    bool wrapped_;
};

}  // namespace skein::client
