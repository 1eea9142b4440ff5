// Owns the merging of cookies from three sources. Raw text stays as it is: pairs are moved, never rewritten.
#include "client/credentials/cookies.hpp"

#include "http/cookie_rules.hpp"
#include "http/field_grammar.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace skein::client {

namespace {

// "a=1; b; c=3": calls `each` with name and pair.
template <class Fn>
void for_each_pair(std::string_view header, Fn each) {
    while (!header.empty()) {
        const std::size_t end = header.find(';');
        const std::string_view pair = http::trim_blanks(header.substr(0, end));
        const std::size_t equals = pair.find('=');
        if (!pair.empty())
            each(equals == pair.npos ? std::string_view() : http::trim_blanks(pair.substr(0, equals)), pair);
        header.remove_prefix(end == header.npos ? header.size() : end + 1);
    }
}

bool names(const std::vector<request_cookie>& cookies, std::string_view name) noexcept {
    return std::any_of(cookies.begin(), cookies.end(), [&](const auto& one) { return one.name == name; });
}

bool names(const std::vector<const cookie*>& cookies, std::string_view name) noexcept {
    return std::any_of(cookies.begin(), cookies.end(), [&](const auto* one) { return one->name == name; });
}

}  // namespace

std::string cookie_header(const headers& fields, const request_state& request, cookie_jar& jar,
                          cookie_jar::time_point now) {
    const auto& own = request.cookies;
    const auto written = fields.get_all("Cookie");
    if (own.empty() && written.empty()) return jar.header_for(request.url, now);
    const auto kept = jar.matching(request.url, now);
    if (own.empty() && kept.empty()) return {};

    std::string header;
    for (const std::string_view value : written)
        for_each_pair(value, [&](std::string_view name, std::string_view pair) {
            if (!names(own, name) && !names(kept, name)) http::append_pair(header, {}, pair);
        });
    std::string last;
    for (const auto& one : own) http::append_pair(last, one.name, one.value);
    for (const cookie* one : kept) {
        const std::size_t bytes = one->name.size() + one->value.size() + last.size() + 5;  // "; " twice, "="
        if (!names(own, one->name) && header.size() + bytes <= cookie_jar::max_header_bytes)
            http::append_pair(header, one->name, one->value);
    }
    if (!last.empty()) http::append_pair(header, {}, last);
    return header;
}

}  // namespace skein::client
