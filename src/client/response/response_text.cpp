// Owns what a body means: text in some charset, JSON.
#include "client/response/response_state.hpp"
#include "http/charset.hpp"
#include "http/field_grammar.hpp"
#include "http/media_type.hpp"
#include "http/utf8.hpp"

#include <skein/client_response.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace skein {

namespace {

constexpr std::size_t shown_bytes = 80;  // of a body, in messages
constexpr std::size_t told_bytes = 200;  // of what the JSON library says, which quotes the body, too

task<std::string> convert(task<std::string> reading, std::string charset, client::sending& sent) {
    std::string body = co_await reading;
    if (auto text = http::to_utf8(body, charset)) co_return std::move(*text);
    if (http::is_utf8(body)) co_return body;
    std::string why = http::why_few_charsets();
    if (!why.empty()) why = " (" + why + ")";
    sent.fail<payload_error>("the body is in a charset that is not known here, " +
                             http::escaped(charset, shown_bytes) + why +
                             ", and is not UTF-8; read() gives its bytes");
}

task<nlohmann::json> parse_json(task<std::string> reading, client::response_state& from) {
    const std::string text = co_await reading;
    try {
        co_return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& e) {
        const auto type = from.x->head().fields.get("Content-Type");
        from.sent->fail<payload_error>("the body, " +
                                       (type ? http::escaped(*type, shown_bytes) : "of no type") +
                                       ", is not JSON: " + http::escaped(e.what(), told_bytes) +
                                       "; it begins: \"" + http::escaped(text, shown_bytes) + "\"");
    }
}

}  // namespace

std::string client_response::content_type() const {
    return http::media_type_of(headers().get("Content-Type").value_or(std::string_view()));
}

std::optional<std::string> client_response::charset() const {
    return http::charset_of(headers().get("Content-Type").value_or(std::string_view()));
}

task<std::string> client_response::text(std::size_t limit) {
    state_->begin_reading("text()");
    auto label = charset();
    if (!label || http::is_utf8_label(*label)) return state_->read_all<std::string>(limit);
    return convert(state_->read_all<std::string>(limit), std::move(*label), *state_->sent);
}

task<nlohmann::json> client_response::json_value() {
    state_->begin_reading("json()");
    return parse_json(state_->read_all<std::string>(default_limit), *state_);
}

}  // namespace skein
