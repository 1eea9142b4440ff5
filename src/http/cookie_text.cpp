// Owns the way of a jar's cookies into text and back, but for the two forms themselves.
#include "http/cookie_text.hpp"

#include "http/cookie_rules.hpp"
#include "http/host.hpp"

#include <algorithm>
#include <utility>

namespace skein {

namespace http {

std::string normal_domain(std::string_view text) {
    if (text.starts_with('.')) text.remove_prefix(1);
    std::string normal;
    return append_host(normal, text).empty() ? normal : std::string(text);
}

}  // namespace http

std::string cookie_jar::to_text(cookie_format format, bool session_cookies) const {
    std::vector<const detail::stored_cookie*> kept;
    for (const auto& one : cookies_)
        if (!has_expired(one) && (session_cookies || one.expires)) kept.push_back(&one);
    std::sort(kept.begin(), kept.end(), [](const auto* a, const auto* b) { return a->born < b->born; });
    const std::vector<const cookie*> cookies(kept.begin(), kept.end());
    return format == cookie_format::json ? http::to_json(cookies) : http::to_netscape(cookies);
}

cookie_load_result cookie_jar::add_text(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    cookie_load_result result;
    const std::size_t begin = std::min(text.find_first_not_of(blanks), text.size());
    const std::size_t next = std::min(text.find_first_not_of(blanks, begin + 1), text.size());
    // An array, and no line that begins with an IPv6 address.
    const bool is_array = begin < text.size() && text[begin] == '[' && next < text.size() &&
                          (text[next] == '{' || text[next] == ']');
    if (is_array)
        add_json(text, result);
    else
        add_netscape(text, result);
    return result;
}

void cookie_jar::add(cookie&& one, std::size_t number, cookie_load_result& result) {
    one.host_only = one.host_only || http::is_address(one.domain);
    if (const auto fault = http::fault_of(one); !fault.empty()) {
        result.faults.push_back({number, "it " + std::string(fault)});
        return;
    }
    if (options_.max_cookies == 0) return;
    put(std::move(one));
    ++result.loaded;
}

}  // namespace skein
