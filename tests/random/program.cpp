// Owns the text form of programs.
#include "program.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace programs {

namespace {

std::size_t bodies_of(kind what, std::size_t there) {
    switch (what) {
        case kind::gather:
        case kind::settle:
        case kind::first:
            return std::max<std::size_t>(there, 1);
        case kind::as_completed:
            return std::max<std::size_t>(there + there % 2, 2);
        case kind::try_errors:
        case kind::try_cancelled:
        case kind::cleanup:
            return 2;
        case kind::call:
        case kind::spawn:
        case kind::group_spawn:
        case kind::wait_for:
        case kind::timeout:
        case kind::shield:
        case kind::group:
        case kind::with_lock:
        case kind::with_permit:
            return 1;
        default:
            return 0;
    }
}

kind kind_of(const std::string& name) {
    const auto at = std::find(kind_names.begin(), kind_names.end(), name);
    if (at == kind_names.end()) throw std::invalid_argument("no operation is called " + name);
    return static_cast<kind>(at - kind_names.begin());
}

nlohmann::json operation_to_json(const operation& one) {
    nlohmann::json text = {{"op", name_of(one.what)}};
    if (one.number != 0) text["number"] = one.number;
    if (one.ns != 0) text["ns"] = one.ns;
    for (const auto& each : one.bodies) text["bodies"].push_back(to_json(each));
    return text;
}

operation operation_from_json(const nlohmann::json& text) {
    operation one;
    one.what = kind_of(text.at("op").get<std::string>());
    one.number = text.value("number", 0);
    one.ns = text.value("ns", std::int64_t{0});
    if (text.contains("bodies"))
        for (const auto& each : text["bodies"]) one.bodies.push_back(from_json(each));
    if (one.bodies.size() != bodies_of(one.what, one.bodies.size()))
        throw std::invalid_argument("the wrong number of bodies: " + text.dump());
    return one;
}

}  // namespace

nlohmann::json to_json(const body& one) {
    auto operations = nlohmann::json::array();
    for (const auto& each : one.operations) operations.push_back(operation_to_json(each));
    return {{"id", one.id}, {"ops", std::move(operations)}};
}

body from_json(const nlohmann::json& text) {
    body one;
    one.id = text.at("id").get<int>();
    for (const auto& each : text.at("ops")) one.operations.push_back(operation_from_json(each));
    return one;
}

std::size_t size_of(const body& one) {
    std::size_t sum = one.operations.size();
    for (const auto& each : one.operations)
        for (const auto& inner : each.bodies) sum += size_of(inner);
    return sum;
}

bool has(const body& one, kind what) {
    return std::any_of(one.operations.begin(), one.operations.end(), [&](const operation& each) {
        return each.what == what || std::any_of(each.bodies.begin(), each.bodies.end(),
                                                [&](const body& inner) { return has(inner, what); });
    });
}

}  // namespace programs
