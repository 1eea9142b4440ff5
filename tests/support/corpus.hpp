// Reads the test data in tests/corpora.
#pragma once

#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>
#include <string>

/// The JSON document tests/corpora/`name`.
inline nlohmann::json load_corpus(const std::string& name) {
    std::ifstream file(std::string(SKEIN_CORPORA "/") + name);
    if (!file) throw std::runtime_error("no corpus " + name);
    return nlohmann::json::parse(file);
}
