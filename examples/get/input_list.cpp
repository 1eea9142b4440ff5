// Owns the reading of lists: lines of any ending, blanks around them dropped, comments skipped. Whatever else
// is in a line is taken for a URL, and said to be none, with its place, when its turn comes.
#include "input_list.hpp"

#include <skein/url.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace get {

namespace {

// No URL is longer; what a line has beyond that is not kept. The URL parser then says that it is too long.
constexpr std::size_t longest_line = skein::url::max_bytes + 1;

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

// Puts lines together from the pieces that a file is read in.
class line_reader {
public:
    line_reader(std::string name, std::vector<input>& out) : name_(std::move(name)), out_(out) {}

    void take(std::string_view piece) {
        for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
            keep(piece.substr(0, end));
            end_line();
            piece.remove_prefix(end + 1);
        }
        keep(piece);
    }
    void end() { end_line(); }

private:
    void keep(std::string_view piece) { line_.append(piece.substr(0, longest_line - line_.size())); }
    void end_line() {
        ++number_;
        std::string_view text = line_;
        if (number_ == 1 && text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // byte order mark
        text = trimmed(text);
        if (!text.empty() && text.front() != '#')
            out_.push_back(input{std::string(text), name_ + ":" + std::to_string(number_)});
        line_.clear();
    }

    std::string name_;
    std::vector<input>& out_;
    std::string line_;
    std::size_t number_ = 0;
};

[[noreturn]] void fail(const std::string& name) {
    throw std::system_error(errno, std::generic_category(), "cannot read " + name);
}

void read_list(const std::string& path, std::vector<input>& out) {
    const bool standard = path == "-";
    const std::string name = standard ? "standard input" : path;
    const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(name);
    line_reader lines(standard ? "stdin" : path, out);
    std::array<char, 65536> block;
    ssize_t got = 0;
    while ((got = ::read(fd, block.data(), block.size())) != 0) {
        if (got > 0)
            lines.take(std::string_view(block.data(), static_cast<std::size_t>(got)));
        else if (errno != EINTR)
            fail(name);  // the program ends: the descriptor goes with it
    }
    lines.end();
    if (!standard) ::close(fd);
}

}  // namespace

std::vector<input> read_inputs(const options& from) {
    std::vector<input> out;
    for (const auto& url : from.urls) out.push_back(input{url});
    for (const auto& list : from.lists) read_list(list, out);
    return out;
}

}  // namespace get
