// Owns the JSON form of a jar: an array of objects whose members are those of skein::cookie. Text that is not
// UTF-8 has a code point for each byte, and its cookie says `"latin1": true`.
#include "http/cookie_text.hpp"
#include "http/utf8.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

namespace skein {

namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::array<std::pair<same_site, std::string_view>, 3> same_site_names = {
    {{same_site::none, "None"}, {same_site::lax, "Lax"}, {same_site::strict, "Strict"}}};

std::string utf8_to_latin1(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const auto c = http::take_utf8(text);
        if (!c || *c > 0xff) throw std::invalid_argument("says latin1 and has other characters");
        bytes += static_cast<char>(*c);
    }
    return bytes;
}

nlohmann::ordered_json to_object(const cookie& one) {
    const bool utf8 = http::is_utf8(one.name) && http::is_utf8(one.value) && http::is_utf8(one.path);
    const auto text = [&](const std::string& bytes) { return utf8 ? bytes : http::latin1_to_utf8(bytes); };
    nlohmann::ordered_json object;
    object["name"] = text(one.name);
    object["value"] = text(one.value);
    object["domain"] = one.domain;
    object["path"] = text(one.path);
    if (one.expires) object["expires"] = one.expires->time_since_epoch().count();
    object["host_only"] = one.host_only;
    object["secure"] = one.secure;
    object["http_only"] = one.http_only;
    for (const auto& [value, name] : same_site_names)
        if (one.same_site == value) object["same_site"] = name;
    if (!utf8) object["latin1"] = true;
    return object;
}

// Throws json::exception or std::invalid_argument.
cookie from_object(const json& object) {
    const bool latin1 = object.value("latin1", false);
    const auto text = [&](const char* member) {
        const auto& found = object.at(member).get_ref<const std::string&>();
        return latin1 ? utf8_to_latin1(found) : found;
    };
    cookie one;
    one.name = text("name");
    one.value = text("value");
    one.domain = http::normal_domain(object.at("domain").get_ref<const std::string&>());
    one.path = text("path");
    if (object.contains("expires")) one.expires = sys_seconds(seconds(object["expires"].get<std::int64_t>()));
    one.host_only = object.at("host_only").get<bool>();
    one.secure = object.at("secure").get<bool>();
    one.http_only = object.value("http_only", false);
    const std::string policy = object.value("same_site", "");
    for (const auto& [value, name] : same_site_names)
        if (policy == name) one.same_site = value;
    return one;
}

}  // namespace

std::string http::to_json(const std::vector<const cookie*>& cookies) {
    std::string text = "[";
    std::string_view separator = "\n";
    for (const cookie* one : cookies) {
        text.append(separator).append(to_object(*one).dump());
        separator = ",\n";
    }
    return text += "\n]\n";
}

void cookie_jar::add_json(std::string_view text, cookie_load_result& result) {
    const json array = json::parse(text, nullptr, false);
    if (!array.is_array()) {
        result.faults.push_back({0, "it is no valid JSON"});
        return;
    }
    std::size_t number = 0;
    for (const json& object : array) {
        ++number;
        std::optional<cookie> one;
        try {
            one = from_object(object);
        } catch (const std::exception& why) {  // a member is missing or of another type
            result.faults.push_back({number, why.what()});
            continue;
        }
        add(std::move(*one), number, result);
    }
}

}  // namespace skein
