// Owns how names are told apart.
#include "file_names.hpp"

namespace get {

namespace {

constexpr std::size_t longest_name = 255;  // bytes, in most file systems
constexpr std::size_t longest_extension = 32;

// The first bytes of the text, at most that many, no character cut in two.
std::string_view first_bytes(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    return text.substr(0, most);
}

// "a.txt", 1: "a (1).txt".
std::string numbered(std::string_view name, std::size_t number) {
    const auto dot = name.rfind('.');
    const bool has_extension =
        dot != std::string_view::npos && dot > 0 && name.size() - dot <= longest_extension;
    const auto extension = has_extension ? name.substr(dot) : std::string_view();
    const auto stem = name.substr(0, name.size() - extension.size());
    const std::string mark = " (" + std::to_string(number) + ")";
    std::string out(first_bytes(stem, longest_name - extension.size() - mark.size()));
    return out.append(mark).append(extension);
}

}  // namespace

std::string part_name(std::string_view name) {
    constexpr std::string_view suffix = ".part";
    return std::string(first_bytes(name, longest_name - suffix.size())).append(suffix);
}

claimed_name file_names::claim(std::string_view wanted) {
    claimed_name name{std::string(wanted), part_name(wanted)};
    if (take(name)) return name;
    // Numbers go on where they were: ten thousand files of one name are no quadratic matter.
    std::size_t& number = last_number_[name.final];
    do {
        name.final = numbered(wanted, ++number);
        name.part = part_name(name.final);
    } while (!take(name));
    return name;
}

// Final and unfinished names in one set: "a.part" may also be the final name of another file.
bool file_names::take(const claimed_name& name) {
    if (taken_.count(name.final) != 0 || taken_.count(name.part) != 0) return false;
    taken_.insert(name.final);
    taken_.insert(name.part);
    return true;
}

void file_names::release(const claimed_name& name) noexcept {
    taken_.erase(name.final);
    taken_.erase(name.part);
}

}  // namespace get
