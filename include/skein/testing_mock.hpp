// Answers without a network: for tests of what uses a client_session, with or without a simulation. Part of
// <skein/testing.hpp>.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/middleware.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::testing {

/// A request that a mock_transport was given.
struct mock_request {
    std::string method;
    skein::url url;
    skein::headers headers;  ///< what would have been sent, the Cookie header included
    std::string body;
};

/// What a mock_transport answers.
struct mock_response {
    int status = 200;
    std::string body = {};
    skein::headers headers = {};
};

/// A mock_transport was given a request that no rule is for. what() says which, and what the rules are.
class SKEIN_API unexpected_request : public std::logic_error {
public:
    using std::logic_error::logic_error;
    ~unexpected_request() override;
};

/// A middleware that stands for the network: it answers by rules, and nothing behind it is ever called. So
/// put it last, where the others see it as they would see the network:
///
///     mock_transport mock;
///     mock.on("GET", "https://api.example.org/users/*").respond(200, R"({"name": "Ann"})");
///     session_options options;
///     options.middleware = {mock};
///     client_session session(options);
///     ...
///     mock.check();
///
/// Redirects, cookies, raise_for_status and the like are the client's own.
///
/// *Lifetime:* a handle; copies are the same transport. *Thread:* the loop's.
class SKEIN_API mock_transport {
public:
    struct state;

    /// What becomes of the requests that it is for. Without a call: an empty 200. References to it stay valid
    /// as long as the transport.
    class SKEIN_API rule {
    public:
        rule& respond(int status, std::string body = {}, headers fields = {});
        /// Makes the answer from the request.
        rule& respond_with(std::function<mock_response(const mock_request&)> make);
        /// Throws instead.
        rule& fail(std::exception_ptr error);
        template <class Error, class... Args>
        rule& fail(Args&&... args) {
            return fail(std::make_exception_ptr(Error(std::forward<Args>(args)...)));
        }
        /// Waits before it answers.
        rule& delay(clock::duration time);
        /// Is for so many requests only; those that follow go to the rules after it.
        rule& times(std::size_t count);
        /// How many requests it was for.
        std::size_t asked() const noexcept { return asked_; }

    private:
        friend state;
        friend mock_transport;
        std::string method_;
        std::string pattern_;
        std::function<mock_response(const mock_request&)> make_;
        std::exception_ptr error_;
        clock::duration delay_ = {};
        std::optional<std::size_t> times_;
        std::size_t asked_ = 0;
    };

    mock_transport();

    /// A rule for a method ("*": any) and a URL without its fragment, in which each "*" stands for any text.
    /// A pattern that begins with "/" is for the path and query of any origin. Of the rules for a request the
    /// first counts that is not used up.
    rule& on(std::string_view method, std::string_view url_pattern);

    /// All requests, in the order in which they came, unexpected ones too.
    const std::vector<mock_request>& requests() const noexcept;
    /// *Throws:* std::logic_error if a request was unexpected, a rule was never asked, or one with times()
    /// was asked less often than that.
    void check() const;

    /// As a middleware. *Throws:* unexpected_request; what a rule fails with.
    task<client_response> operator()(attempt_request& request, next_handler next) const;

private:
    std::shared_ptr<state> state_;
};

}  // namespace skein::testing
