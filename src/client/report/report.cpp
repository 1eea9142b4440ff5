// Owns the report as JSON.
#include "http/utf8.hpp"

#include <skein/request_report.hpp>

#include <nlohmann/json.hpp>

namespace skein {

namespace {

nlohmann::json text(const std::string& value) {
    if (value.empty()) return nullptr;
    return http::is_utf8(value) ? value : http::latin1_to_utf8(value);
}

double seconds(clock::duration value) noexcept {
    return std::chrono::duration<double>(value).count();
}

nlohmann::json phases(const phase_times& spent) {
    auto all = nlohmann::json::object();
    for (std::size_t i = 0; i < spent.size(); ++i)
        all[std::string(to_string(static_cast<phase>(i)))] = seconds(spent[i]);
    return all;
}

nlohmann::json connect(const connect_report& c) {
    return {{"address", text(c.address)},
            {"connected", c.connected},
            {"error", text(c.error)},
            {"started", seconds(c.started)},
            {"duration", seconds(c.duration)}};
}

nlohmann::json attempt(const attempt_report& a) {
    auto connects = nlohmann::json::array();
    for (const auto& one : a.connects) connects.push_back(connect(one));
    return {{"method", text(a.method)},
            {"url", text(a.url)},
            {"redirects", a.redirects},
            {"peer", text(a.peer)},
            {"via", text(a.via)},
            {"reused", a.reused},
            {"status", a.status == 0 ? nlohmann::json() : nlohmann::json(a.status)},
            {"error", text(a.error)},
            {"started", seconds(a.started)},
            {"phases", phases(a.spent)},
            {"connects", std::move(connects)}};
}

}  // namespace

nlohmann::json request_report::to_json() const {
    auto list = nlohmann::json::array();
    for (const auto& one : attempt_list) list.push_back(attempt(one));
    nlohmann::json tls;
    if (!tls_version.empty())
        tls = {{"version", text(tls_version)}, {"cipher", text(tls_cipher)}, {"resumed", tls_resumed}};
    return {{"method", text(method)},
            {"url", text(url)},
            {"redirects", redirects},
            {"reused", reused},
            {"peer", text(peer)},
            {"via", text(via)},
            {"tls", std::move(tls)},
            {"elapsed", seconds(elapsed)},
            {"phases", phases(spent_)},
            {"bytes",
             {{"request", request_bytes},
              {"response_head", response_head_bytes},
              {"response_body", response_body_bytes},
              {"response_decoded", response_decoded_bytes}}},
            {"attempts", std::move(list)}};
}

}  // namespace skein
