// The error tree: one root, single inheritance, so that `catch (const skein::error&)` and `catch (const
// std::exception&)` both get everything. Cancellation is not in it (cancelled_error, task.hpp), and neither
// is misuse, which is std::logic_error.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace skein {

struct request_report;
class headers;

/// The phase of an exchange that an error belongs to.
enum class phase : std::uint8_t {
    none,        ///< not part of an exchange
    pool,        ///< waiting for a free connection
    dns,         ///< resolving the host name
    connect,     ///< opening the TCP connection
    proxy,       ///< agreeing with a proxy on a tunnel
    tls,         ///< the TLS handshake
    write,       ///< sending the request
    first_byte,  ///< waiting for the response head
    read,        ///< reading the body
    pause,       ///< waiting before it may be sent: for a turn under a rate limit, or before another attempt
};

/// The name of a phase, as the error messages and the report have it: "pool", "dns", ...
SKEIN_API std::string_view to_string(phase value) noexcept;

/// Root of everything that can go wrong in the world outside the program.
class SKEIN_API error : public std::runtime_error {
public:
    explicit error(const std::string& what);
    error(const error&) noexcept;
    error& operator=(const error&) noexcept;
    ~error() override;

    /// The report of the exchange that failed; null outside an exchange.
    const request_report* report() const noexcept { return report_.get(); }

    /// For the library: ties the error to its exchange.
    void attach(std::shared_ptr<const request_report> report) noexcept { report_ = std::move(report); }

private:
    std::shared_ptr<const request_report> report_;
};

/// A time limit ran out: of wait_for and with_timeout (phase::none), or of a request.
class SKEIN_API timeout_error : public error {
public:
    explicit timeout_error(const std::string& what, skein::phase where = skein::phase::none,
                           clock::duration limit = {}, bool total = false);
    ~timeout_error() override;

    /// What the exchange was doing when the time ran out.
    skein::phase phase() const noexcept { return phase_; }
    /// The limit that ran out.
    clock::duration limit() const noexcept { return limit_; }
    /// True if it was the limit of the whole request, not that of one phase.
    bool total() const noexcept { return total_; }

private:
    skein::phase phase_;
    bool total_;
    clock::duration limit_;
};

/// A text that is no URL, or no URL that an HTTP client can use.
class SKEIN_API invalid_url : public error {
public:
    explicit invalid_url(const std::string& what);
    ~invalid_url() override;
};

/// The connection could not be made, or was lost. The classes below say which.
class SKEIN_API connection_error : public error {
public:
    connection_error(const std::string& what, std::string host, std::uint16_t port,
                     std::error_code code = {});
    connection_error(const connection_error&) noexcept;
    connection_error& operator=(const connection_error&) noexcept;
    ~connection_error() override;

    /// The host as the URL has it.
    const std::string& host() const noexcept { return *host_; }
    std::uint16_t port() const noexcept { return port_; }
    /// The system's code, where there is one.
    std::error_code code() const noexcept { return code_; }

private:
    std::shared_ptr<const std::string> host_;
    std::uint16_t port_;
    std::error_code code_;
};

/// The host name has no address, or the resolver did not say.
class SKEIN_API resolve_error : public connection_error {
public:
    using connection_error::connection_error;
    ~resolve_error() override;
};

/// No address of the host took the connection.
class SKEIN_API connect_error : public connection_error {
public:
    using connection_error::connection_error;
    ~connect_error() override;
};

/// The TLS handshake failed, or the peer is not who it should be.
class SKEIN_API tls_error : public connection_error {
public:
    using connection_error::connection_error;
    ~tls_error() override;
};

/// A proxy refused, or broke off, or broke its protocol: what it said is no answer of the origin's. host()
/// and port() are the proxy's. (That it cannot be reached is a resolve_error, connect_error or tls_error.)
class SKEIN_API proxy_error : public connection_error {
public:
    /// `headers`: not null.
    proxy_error(const std::string& what, std::string host, std::uint16_t port, std::error_code code,
                int status, std::shared_ptr<const skein::headers> headers);
    proxy_error(const proxy_error&) noexcept;
    proxy_error& operator=(const proxy_error&) noexcept;
    ~proxy_error() override;

    /// Of its HTTP answer; 407: it wants credentials. 0: it gave none.
    int status() const noexcept { return status_; }
    /// The headers of that answer.
    const skein::headers& headers() const noexcept { return *headers_; }

private:
    int status_;
    std::shared_ptr<const skein::headers> headers_;
};

/// The peer closed or reset the connection before it had answered.
class SKEIN_API disconnected_error : public connection_error {
public:
    using connection_error::connection_error;
    ~disconnected_error() override;
};

/// The peer broke HTTP.
class SKEIN_API protocol_error : public error {
public:
    explicit protocol_error(const std::string& what);
    ~protocol_error() override;
};

/// The head was good, the body was not: cut short, reset, over a limit, or not decodable.
class SKEIN_API payload_error : public error {
public:
    explicit payload_error(const std::string& what);
    ~payload_error() override;
};

/// A body, or a stream, ended before as much of it had come as read_exactly() or read_until() wanted.
class SKEIN_API incomplete_read : public payload_error {
public:
    incomplete_read(const std::string& what, std::vector<std::byte> partial);
    incomplete_read(const incomplete_read&) noexcept;
    incomplete_read& operator=(const incomplete_read&) noexcept;
    ~incomplete_read() override;

    /// What had come.
    const std::vector<std::byte>& partial() const noexcept { return *partial_; }

private:
    std::shared_ptr<const std::vector<std::byte>> partial_;
};

/// A status of 400 or more, from raise_for_status() only.
class SKEIN_API response_error : public error {
public:
    response_error(const std::string& what, int status, std::shared_ptr<const skein::headers> headers);
    response_error(const response_error&) noexcept;
    response_error& operator=(const response_error&) noexcept;
    ~response_error() override;

    int status() const noexcept { return status_; }
    /// The headers of the response.
    const skein::headers& headers() const noexcept { return *headers_; }

private:
    int status_;
    std::shared_ptr<const skein::headers> headers_;
};

/// More redirects than max_redirects allows.
class SKEIN_API too_many_redirects : public error {
public:
    explicit too_many_redirects(const std::string& what);
    ~too_many_redirects() override;
};

/// Several errors at once: of the tasks of a group.
class SKEIN_API exception_group : public error {
public:
    exception_group(const std::string& what, std::vector<std::exception_ptr> exceptions);
    exception_group(const exception_group&) noexcept;
    exception_group& operator=(const exception_group&) noexcept;
    ~exception_group() override;

    /// The errors, in the order in which they came; never empty.
    const std::vector<std::exception_ptr>& exceptions() const noexcept { return *exceptions_; }

private:
    std::shared_ptr<const std::vector<std::exception_ptr>> exceptions_;
};

}  // namespace skein
