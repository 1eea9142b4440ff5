// Owns what the HAR 1.2 specification says about an entry.
#include "client/report/har_entry.hpp"

#include "http/base64.hpp"
#include "http/bytes.hpp"
#include "http/field_grammar.hpp"
#include "http/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace skein::client {

namespace {

using nlohmann::json;

json text(std::string_view value) {
    return http::is_utf8(value) ? std::string(value) : http::latin1_to_utf8(value);
}

double milliseconds(clock::duration value) noexcept {
    return std::chrono::duration<double, std::milli>(value).count();
}

/// ISO 8601 in UTC, with milliseconds.
std::string date(std::chrono::system_clock::time_point when) {
    using namespace std::chrono;
    const auto day = floor<days>(when);
    const year_month_day ymd(day);
    const hh_mm_ss time(floor<std::chrono::milliseconds>(when - day));
    char out[64];
    std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return out;
}

headers shown(const headers& fields, bool with_secrets) {
    if (with_secrets) return fields;
    headers masked;
    for (auto [name, value] : fields) masked.append(name, masked_value(name, value));
    return masked;
}

json header_list(const headers& fields) {
    auto list = json::array();
    for (auto [name, value] : fields) list.push_back({{"name", text(name)}, {"value", text(value)}});
    return list;
}

json pair(std::string_view one) {
    const auto equals = one.find('=');
    const bool named = equals != one.npos;
    return {{"name", text(http::trim_blanks(named ? one.substr(0, equals) : std::string_view()))},
            {"value", text(http::trim_blanks(named ? one.substr(equals + 1) : one))}};
}

/// Of a Cookie header.
json request_cookies(const headers& fields) {
    auto list = json::array();
    for (std::string_view value : fields.get_all("Cookie")) {
        while (!value.empty()) {
            const auto end = value.find(';');
            const auto one = http::trim_blanks(value.substr(0, end));
            if (!one.empty()) list.push_back(pair(one));
            value.remove_prefix(end == value.npos ? value.size() : end + 1);
        }
    }
    return list;
}

/// Of Set-Cookie headers, with those attributes that an archive has a place for.
json response_cookies(const headers& fields) {
    auto list = json::array();
    for (std::string_view value : fields.get_all("Set-Cookie")) {
        const auto end = value.find(';');
        json one = pair(value.substr(0, end));
        one["httpOnly"] = false;
        one["secure"] = false;
        value.remove_prefix(end == value.npos ? value.size() : end + 1);
        while (!value.empty()) {
            const auto next = value.find(';');
            const auto attribute = http::trim_blanks(value.substr(0, next));
            value.remove_prefix(next == value.npos ? value.size() : next + 1);
            const auto equals = attribute.find('=');
            const auto name = attribute.substr(0, equals);
            const auto of = equals == attribute.npos ? std::string_view() : attribute.substr(equals + 1);
            if (http::equals_ignoring_case(name, "Path")) one["path"] = text(of);
            if (http::equals_ignoring_case(name, "Domain")) one["domain"] = text(of);
            if (http::equals_ignoring_case(name, "HttpOnly")) one["httpOnly"] = true;
            if (http::equals_ignoring_case(name, "Secure")) one["secure"] = true;
        }
        list.push_back(std::move(one));
    }
    return list;
}

std::string decoded(std::string_view form) {
    std::string plus(form);
    std::replace(plus.begin(), plus.end(), '+', ' ');
    return http::percent_decode(plus);
}

json query_list(std::string_view url) {
    auto list = json::array();
    const auto mark = url.find('?');
    if (mark == url.npos) return list;
    std::string_view query = url.substr(mark + 1);
    query = query.substr(0, query.find('#'));
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto one = query.substr(0, end);
        query.remove_prefix(end == query.npos ? query.size() : end + 1);
        if (one.empty()) continue;
        const auto equals = one.find('=');
        const auto value = equals == one.npos ? std::string_view() : one.substr(equals + 1);
        list.push_back({{"name", text(decoded(one.substr(0, equals)))}, {"value", text(decoded(value))}});
    }
    return list;
}

/// Of "10.0.0.1:80" and "[::1]:80".
std::string_view address_of(std::string_view peer) {
    const auto bare = peer.substr(0, peer.rfind(':'));
    return bare.starts_with('[') && bare.ends_with(']') ? bare.substr(1, bare.size() - 2) : bare;
}

std::string mime_type(const headers& fields) {
    return std::string(fields.get("Content-Type").value_or(""));
}

}  // namespace

void har_entry::body::append(byte_view piece, std::size_t limit) {
    const std::string_view all = as_text(piece);
    bytes += all.size();
    if (kept.size() < limit) kept += all.substr(0, limit - kept.size());
}

std::optional<std::string> har_entry::body::text() const {
    // What was cut may have been cut within a character.
    constexpr std::size_t longest_rest = 3;
    for (std::size_t rest = 0; rest <= (is_cut() ? std::min(longest_rest, kept.size()) : 0); ++rest)
        if (const auto whole = std::string_view(kept).substr(0, kept.size() - rest); http::is_utf8(whole))
            return std::string(whole);
    return std::nullopt;
}

void har_entry::begin(const trace_event& first) {
    started_ = first.when;
    wall_started_ = first.wall_time;
}

bool har_entry::take(const trace_event& e, const har_options& options) {
    ended_ = std::max(ended_, e.when);
    switch (e.kind) {
        case trace_kind::connection_queued_end:
            queue_end_ = e.when;
            break;
        case trace_kind::connection_create_start:
            create_start_ = e.when;
            break;
        case trace_kind::dns_resolvehost_start:
            dns_start_ = e.when;
            break;
        case trace_kind::dns_resolvehost_end:
            dns_end_ = e.when;
            break;
        case trace_kind::tls_handshake_start:
            tls_start_ = e.when;
            break;
        case trace_kind::tls_handshake_end:
            tls_end_ = e.when;
            break;
        case trace_kind::connection_create_end:
            create_end_ = e.when;
            peer_ = e.text;
            break;
        case trace_kind::connection_reuseconn:
            peer_ = e.text;
            break;
        case trace_kind::request_headers_sent:
            sent_ = e.when;
            request_fields_ = shown(*e.fields, options.with_secrets);
            break;
        case trace_kind::request_chunk_sent:
            request_body_.append(e.data, options.max_body_bytes);
            break;
        case trace_kind::response_head:
            answered_ = e.when;
            status_ = e.status;
            version_ = e.version;
            reason_ = e.text;
            response_fields_ = shown(*e.fields, options.with_secrets);
            break;
        case trace_kind::response_chunk_received:
            response_body_.append(e.data, options.max_body_bytes);
            break;
        case trace_kind::request_redirect:
            redirect_ = e.text;
            return true;
        case trace_kind::response_end:
            wire_bytes_ = e.count;
            return true;
        case trace_kind::request_retry:
        case trace_kind::request_exception:
            failure_ = e.text;
            break;
        default:
            break;
    }
    const bool over = e.kind == trace_kind::request_retry || e.kind == trace_kind::request_exception;
    if (e.kind != trace_kind::request_redirect && !over) {
        method_ = e.method;
        url_ = e.url;
        via_ = e.via;
    }
    return over;
}

json har_entry::request_json() const {
    json request = {{"method", text(method_)},
                    {"url", text(url_)},
                    {"httpVersion", "HTTP/1.1"},
                    {"cookies", request_cookies(request_fields_)},
                    {"headers", header_list(request_fields_)},
                    {"queryString", query_list(url_)},
                    {"headersSize", -1},
                    {"bodySize", request_body_.bytes}};
    if (request_body_.bytes == 0) return request;
    const auto plain = request_body_.text();
    json& data = request["postData"];
    data = {{"mimeType", text(mime_type(request_fields_))},
            {"text", plain ? *plain : http::base64(request_body_.kept)}};
    if (!plain) data["comment"] = "base64";
    return request;
}

json har_entry::response_json() const {
    json content = {{"size", response_body_.bytes}, {"mimeType", text(mime_type(response_fields_))}};
    if (wire_bytes_ && response_body_.bytes > *wire_bytes_)
        content["compression"] = response_body_.bytes - *wire_bytes_;
    if (!response_body_.kept.empty()) {
        const auto plain = response_body_.text();
        content["text"] = plain ? *plain : http::base64(response_body_.kept);
        if (!plain) content["encoding"] = "base64";
    }
    return {{"status", status_},
            {"statusText", text(reason_)},
            {"httpVersion", std::string(to_string(version_))},
            {"cookies", response_cookies(response_fields_)},
            {"headers", header_list(response_fields_)},
            {"content", std::move(content)},
            {"redirectURL", text(redirect_)},
            {"headersSize", -1},
            {"bodySize", wire_bytes_ ? json(*wire_bytes_) : json(-1)}};
}

/// send, wait and receive are always there; the others are -1 where the attempt had no such phase. ssl is a
/// part of connect.
json har_entry::timings_json() const {
    const auto between = [](const moment& from, const moment& to) {
        return from && to ? milliseconds(*to - *from) : -1.0;
    };
    const auto or_nothing = [](double value) { return value < 0 ? 0.0 : value; };
    const double dns = between(dns_start_, dns_end_);
    const double create = between(create_start_, create_end_);
    const moment ready = create_end_ ? create_end_ : queue_end_;
    const moment begun = started_;
    return {{"blocked", between(begun, queue_end_)},
            {"dns", dns},
            {"connect", create < 0 ? -1.0 : create - or_nothing(dns)},
            {"send", or_nothing(between(ready, sent_))},
            {"wait", or_nothing(between(sent_, answered_ ? answered_ : moment(ended_)))},
            {"receive", or_nothing(between(answered_, moment(ended_)))},
            {"ssl", between(tls_start_, tls_end_)}};
}

std::string har_entry::comment() const {
    std::string words = failure_;
    const auto add = [&](std::string_view more) {
        if (!words.empty()) words += "; ";
        words += more;
    };
    if (!via_.empty()) add("through " + via_);
    if (request_body_.is_cut()) add("the body of the request is cut");
    if (response_body_.is_cut()) add("the body of the response is cut");
    return words;
}

json har_entry::to_json() const {
    const json timings = timings_json();
    double time = 0;
    for (const char* part : {"blocked", "dns", "connect", "send", "wait", "receive"})
        time += std::max(0.0, timings[part].get<double>());
    json entry = {{"startedDateTime", date(wall_started_)},
                  {"time", time},
                  {"request", request_json()},
                  {"response", response_json()},
                  {"cache", json::object()},
                  {"timings", timings}};
    if (!peer_.empty()) entry["serverIPAddress"] = text(address_of(peer_));
    if (const std::string words = comment(); !words.empty()) entry["comment"] = text(words);
    return entry;
}

}  // namespace skein::client
