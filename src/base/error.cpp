// The error tree's key functions. What an error says is put together where it is thrown.
#include <skein/error.hpp>

#include <utility>

namespace skein {

std::string_view to_string(phase value) noexcept {
    switch (value) {
        case phase::none:
            return "none";
        case phase::pool:
            return "pool";
        case phase::dns:
            return "dns";
        case phase::connect:
            return "connect";
        case phase::proxy:
            return "proxy";
        case phase::tls:
            return "tls";
        case phase::write:
            return "write";
        case phase::first_byte:
            return "first_byte";
        case phase::read:
            return "read";
        case phase::pause:
            return "pause";
    }
    return "unknown";
}

error::error(const std::string& what) : std::runtime_error(what) {}
error::error(const error&) noexcept = default;
error& error::operator=(const error&) noexcept = default;
error::~error() = default;

timeout_error::timeout_error(const std::string& what, skein::phase where, clock::duration limit, bool total)
    : error(what), phase_(where), total_(total), limit_(limit) {}
timeout_error::~timeout_error() = default;

invalid_url::invalid_url(const std::string& what) : error(what) {}
invalid_url::~invalid_url() = default;

connection_error::connection_error(const std::string& what, std::string host, std::uint16_t port,
                                   std::error_code code)
    : error(what), host_(std::make_shared<const std::string>(std::move(host))), port_(port), code_(code) {}
connection_error::connection_error(const connection_error&) noexcept = default;
connection_error& connection_error::operator=(const connection_error&) noexcept = default;
connection_error::~connection_error() = default;

resolve_error::~resolve_error() = default;
connect_error::~connect_error() = default;
tls_error::~tls_error() = default;
disconnected_error::~disconnected_error() = default;

proxy_error::proxy_error(const std::string& what, std::string host, std::uint16_t port, std::error_code code,
                         int status, std::shared_ptr<const skein::headers> headers)
    : connection_error(what, std::move(host), port, code), status_(status), headers_(std::move(headers)) {}
proxy_error::proxy_error(const proxy_error&) noexcept = default;
proxy_error& proxy_error::operator=(const proxy_error&) noexcept = default;
proxy_error::~proxy_error() = default;

protocol_error::protocol_error(const std::string& what) : error(what) {}
protocol_error::~protocol_error() = default;

payload_error::payload_error(const std::string& what) : error(what) {}
payload_error::~payload_error() = default;

incomplete_read::incomplete_read(const std::string& what, std::vector<std::byte> partial)
    : payload_error(what), partial_(std::make_shared<const std::vector<std::byte>>(std::move(partial))) {}
incomplete_read::incomplete_read(const incomplete_read&) noexcept = default;
incomplete_read& incomplete_read::operator=(const incomplete_read&) noexcept = default;
incomplete_read::~incomplete_read() = default;

response_error::response_error(const std::string& what, int status,
                               std::shared_ptr<const skein::headers> headers)
    : error(what), status_(status), headers_(std::move(headers)) {}
response_error::response_error(const response_error&) noexcept = default;
response_error& response_error::operator=(const response_error&) noexcept = default;
response_error::~response_error() = default;

too_many_redirects::too_many_redirects(const std::string& what) : error(what) {}
too_many_redirects::~too_many_redirects() = default;

exception_group::exception_group(const std::string& what, std::vector<std::exception_ptr> exceptions)
    : error(what),
      exceptions_(std::make_shared<const std::vector<std::exception_ptr>>(std::move(exceptions))) {}
exception_group::exception_group(const exception_group&) noexcept = default;
exception_group& exception_group::operator=(const exception_group&) noexcept = default;
exception_group::~exception_group() = default;

}  // namespace skein
