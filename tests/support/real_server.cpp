// Folders, ports and processes for servers of others. Knows nothing of the library.
#include "real_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace skein::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view search_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";  // Debian's servers are in sbin

sockaddr_in at(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, own_address().c_str(), &address.sin_addr);
    return address;
}

/// A socket that closes itself.
struct tcp_socket {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    tcp_socket() = default;
    ~tcp_socket() { close(fd); }
    tcp_socket(const tcp_socket&) = delete;
    tcp_socket& operator=(const tcp_socket&) = delete;
};

/// The arguments as exec wants them; valid as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

// ---- folders and ports

scratch_folder::scratch_folder() {
    std::string pattern = (fs::temp_directory_path() / "skein-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for a test: " + pattern);
    path_ = pattern;
    fs::permissions(path_, fs::perms(0755));
}

scratch_folder::~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void scratch_folder::write(std::string_view name, std::string_view content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream file(path_ / name, std::ios::binary);
    file << content;
    if (!file.flush()) throw std::runtime_error("cannot write " + (path_ / name).string());
}

const std::string& own_address() {
    static const std::string address = [] {
        const auto id = static_cast<unsigned>(getpid());
        return "127." + std::to_string(64 | (id >> 16 & 63)) + '.' + std::to_string(id >> 8 & 255) + '.' +
               std::to_string(id & 255);
    }();
    return address;
}

std::uint16_t free_port() {
    static std::set<std::uint16_t> given;
    for (;;) {
        const tcp_socket probe;
        auto address = at(0);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (bind(probe.fd, any, size) != 0 || getsockname(probe.fd, any, &size) != 0)
            throw std::runtime_error("no free port at " + own_address());
        if (given.insert(ntohs(address.sin_port)).second) return ntohs(address.sin_port);
    }
}

// ---- programs

std::string find_program(std::initializer_list<std::string_view> names) {
    const char* own = std::getenv("PATH");
    const std::string path = std::string(search_path) + ':' + (own != nullptr ? own : "");
    for (const auto name : names) {
        std::istringstream folders(path);
        for (std::string folder; std::getline(folders, folder, ':');) {
            const fs::path candidate = fs::path(folder) / name;
            if (access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) return candidate;
        }
    }
    throw std::runtime_error("there is no program " + std::string(*names.begin()) +
                             " here; `./dev setup test` installs what the tests need");
}

program::program(std::vector<std::string> command, const fs::path& folder,
                 std::vector<std::string> environment)
    : output_(folder / "output") {
    environment.push_back("PATH=" + std::string(search_path));
    const auto arguments = pointers(command);
    const auto variables = pointers(environment);
    const pid_t parent = getpid();
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ != 0) return;
    // In the child. Ends with the test, whatever ends that; its own children are in its group.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);
    const int none = open("/dev/null", O_RDONLY);
    const int out = open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(none, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0U, 0);
    if (chdir(folder.c_str()) == 0) execve(arguments[0], arguments.data(), variables.data());
    _exit(127);
}

program::~program() {
    kill(process_, SIGTERM);
    for (const auto until = std::chrono::steady_clock::now() + 10s;
         !has_ended() && std::chrono::steady_clock::now() < until;)
        std::this_thread::sleep_for(5ms);
    // Workers that outlived it, and the program itself if it did not hear.
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
}

bool program::has_ended() {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

void program::wait_for_port(std::uint16_t port) {
    for (const auto until = std::chrono::steady_clock::now() + 30s;;) {
        const tcp_socket probe;
        const auto address = at(port);
        if (connect(probe.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
        const bool ended = has_ended();
        if (ended || std::chrono::steady_clock::now() > until) {
            std::ostringstream text;
            text << (ended ? "a server ended at its start: " : "a server does not listen: ")
                 << std::ifstream(output_).rdbuf();
            throw std::runtime_error(text.str());
        }
        std::this_thread::sleep_for(5ms);
    }
}

}  // namespace skein::test
