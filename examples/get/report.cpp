// Owns the form of the report.
#include "report.hpp"

#include "text.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace get {

namespace {

using json = nlohmann::ordered_json;

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json phases_of(const skein::request_report& account) {
    using skein::phase;
    json phases;
    for (const auto one : {phase::pause, phase::pool, phase::dns, phase::connect, phase::proxy, phase::tls,
                           phase::write, phase::first_byte, phase::read})
        phases[std::string(to_string(one))] = std::chrono::duration<double>(account.spent(one)).count();
    return phases;
}

}  // namespace

std::string json_line(const input& what, const result& became) {
    json line;
    line["url"] = without_secrets(what.text);
    line["source"] = text_or_null(what.source);
    line["final_url"] = text_or_null(became.final_url);
    line["via"] = text_or_null(became.account ? std::string(became.account->via) : std::string());
    line["status"] = became.status ? json(*became.status) : json(nullptr);
    line["file"] = text_or_null(became.path);
    line["path"] = text_or_null(became.path);
    line["bytes"] = became.bytes;
    line["sha256"] = text_or_null(became.sha256);
    line["seconds"] = became.seconds;
    line["phases"] = became.account ? phases_of(*became.account) : json(nullptr);
    line["error"] = nullptr;
    if (became.error) {
        json error;
        error["kind"] = became.error->kind;
        error["message"] = became.error->message;
        line["error"] = std::move(error);
    }
    return line.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace get
