// Reads the corpora: JSON files of cases, bytes in base64.
#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace corpus {

/// The parsed file of that name.
inline nlohmann::json load(const std::string& name) {
    std::ifstream file(std::string(SKEIN_CORPORA) + "/" + name);
    if (!file) throw std::runtime_error("no corpus " + name);
    return nlohmann::json::parse(file);
}

inline std::string from_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) break;  // padding
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xff);
        }
    }
    return out;
}

/// Bytes that a corpus writes as text, one code point up to U+00FF for each.
inline std::string from_latin1(std::string_view utf8) {
    std::string out;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        out += byte < 0x80
                   ? utf8[i]
                   : static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
    }
    return out;
}

/// What the server of an h1_responses case sends.
inline std::string response_bytes(const nlohmann::json& entry) {
    if (!entry.contains("segments")) return from_base64(entry.at("bytes_base64").get<std::string>());
    std::string out;
    for (const auto& segment : entry.at("segments")) {
        const std::string part = from_base64(segment.value("base64", ""));
        for (int i = segment.value("repeat", 1); i > 0; --i) out += part;
    }
    return out;
}

/// Cuts `bytes` into pieces: the ways in which the same input is delivered.
inline std::vector<std::string_view> whole(std::string_view bytes) {
    return {bytes};
}

inline std::vector<std::string_view> byte_by_byte(std::string_view bytes) {
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
    return pieces;
}

inline std::vector<std::string_view> at_random(std::string_view bytes, std::uint32_t seed) {
    std::mt19937 random(seed);
    const std::array<std::size_t, 4> sizes{2, 7, 40, 1500};
    const std::size_t most = sizes[random() % sizes.size()];
    std::vector<std::string_view> pieces;
    while (!bytes.empty()) {
        pieces.push_back(bytes.substr(0, 1 + random() % most));
        bytes.remove_prefix(pieces.back().size());
    }
    return pieces;
}

}  // namespace corpus
