// HTTP for tests, on the simulated network: requests as a server gets them, the text of responses, and a
// server that goes by a script. Part of <skein/testing.hpp>.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/task.hpp>
#include <skein/testing_network.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace skein::testing {

/// A request as a server gets it.
struct received_request {
    std::string method = {};
    std::string target = {};  ///< as on the wire: "/path?query"
    skein::headers headers = {};
    std::string body = {};  ///< without its framing
};

/// The next request on a connection, with its body (Content-Length or chunked); nothing once the client has
/// closed between two requests. *Throws:* client_gone if it ends in the middle of one; std::runtime_error for
/// what is no request.
SKEIN_API task<std::optional<received_request>> read_request(server_stream& client);

/// A response as bytes: status line, the fields, Content-Length unless `fields` say how the body is framed,
/// the body.
SKEIN_API std::string response_text(int status, std::string_view body = {},
                                    const headers& fields = headers());

/// A server that gives each request what the function makes of it: bytes, as response_text() makes them. The
/// connection is kept until the client closes it, or the function throws.
SKEIN_API connection_handler answer_with(std::function<std::string(const received_request&)> answer);

/// What a scripted server was asked is not what its script says.
class SKEIN_API script_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
    ~script_error() override;
};

/// A server on the simulated network that goes by a script: it expects requests in the order of the script,
/// over whatever connections they come, and gives each its answer, whole or broken.
///
///     scripted_server server("api.test");
///     server.expect("GET", "/users").delay(2s).answer(200, "[]");
///     server.expect("POST", "/users").reset();
///     ...
///     server.check();
///
/// A request that is not what the script expects resets its connection, and is what check() throws.
///
/// *Lifetime:* a handle, copies are the same server; what it serves goes on without it.
class SKEIN_API scripted_server {
public:
    struct state;

    /// What is to become of one request. Without a call: an empty 200.
    class SKEIN_API step {
    public:
        /// The request must have this body, or this header.
        step& with_body(std::string body);
        step& with_header(std::string name, std::string value);

        /// Waits before it answers.
        step& delay(clock::duration time);
        step& answer(int status, std::string body = {}, headers fields = {});
        /// Answers with these bytes, whatever they are.
        step& answer_bytes(std::string bytes);
        /// Sends the answer in pieces of so many bytes, with a wait before each but the first.
        step& pieces(std::size_t bytes, clock::duration pause = {});
        /// Sends only so many bytes of the answer, then closes the connection.
        step& cut(std::size_t bytes);
        /// Closes the connection after the answer (or, with cut(), after the part of it).
        step& close();
        /// Resets the connection then; without an answer, at once.
        step& reset();
        /// Never answers; keeps the connection until the client closes it.
        step& hang();

    private:
        friend state;
        friend scripted_server;
        enum class ending : std::uint8_t { keep, close, reset };
        std::string method_;
        std::string target_;
        std::optional<std::string> body_;
        headers fields_;
        clock::duration delay_ = {};
        std::optional<std::string> answer_;
        std::size_t piece_bytes_ = 0;
        clock::duration pause_ = {};
        std::optional<std::size_t> cut_;
        ending ending_ = ending::keep;
        bool hangs_ = false;
    };

    /// Listens on the network of the simulation that runs. *Throws:* std::logic_error if none does.
    explicit scripted_server(std::string_view host, std::uint16_t port = 80);

    /// Adds a step to the end of the script. A method or target of "*" is any.
    step& expect(std::string_view method, std::string_view target);

    /// All requests, in the order in which they came.
    const std::vector<received_request>& requests() const noexcept;
    std::size_t connections() const noexcept;
    /// *Throws:* script_error if a request came that was not expected, or one that was has not come.
    void check() const;

private:
    std::shared_ptr<state> state_;
};

}  // namespace skein::testing
