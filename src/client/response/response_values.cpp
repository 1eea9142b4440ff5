// Owns what the fields of a response say in structured form.
#include "client/response/response_state.hpp"
#include "http/set_cookie.hpp"

#include <skein/client_response.hpp>

namespace skein {

std::optional<content_disposition> client_response::content_disposition() const {
    // Two such fields make one that cannot be read.
    const auto value = headers().get_joined("Content-Disposition");
    if (!value) return std::nullopt;
    return skein::content_disposition::parse(*value);
}

std::vector<web_link> client_response::links() const {
    return web_link::parse(headers(), url());
}

std::optional<url> client_response::link(std::string_view relation) const {
    for (auto& one : links())
        if (one.has_relation(relation)) return std::move(one.target);
    return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> client_response::cookies() const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto field : headers().get_all("Set-Cookie"))
        if (const auto one = http::parse_set_cookie(field, {})) found.emplace_back(one->name, one->value);
    return found;
}

}  // namespace skein
