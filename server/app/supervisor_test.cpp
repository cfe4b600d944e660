#include "app/supervisor.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace offhook::app {
namespace {

using namespace std::chrono_literals;

bool is_running(pid_t pid) { return ::kill(pid, 0) == 0; }

// Real processes: shells that play the children. Their lifeline is the word after --lifeline-fd.
class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "offhook-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~SupervisorTest() override { std::filesystem::remove_all(directory_); }

  // bash, as dash knows descriptors of one digit only; $fd is the lifeline, $dir a folder to leave
  // notes in.
  [[nodiscard]] ChildCommand child(const std::string& script, std::string secret = {}) const {
    return {.name = "child",
            .arguments = {"/bin/bash", "-c",
                          "dir=" + directory_.string() + "; fd=$2; secret=$4; " + script, "child"},
            .stage = 0,
            .secret = std::move(secret)};
  }
  [[nodiscard]] std::string note(const std::string& name) const {
    std::ifstream stream(directory_ / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void run(std::vector<ChildCommand> commands) {
    Supervisor supervisor(loop_, std::move(commands), log_,
                          {.on_ready =
                               [this](const std::string&) {
                                 ++ready_;
                                 if (on_ready_) on_ready_();
                               },
                           .on_all_ended =
                               [this](bool misconfigured) {
                                 misconfigured_ = misconfigured;
                                 loop_.stop();
                               }});
    supervisor_ = &supervisor;
    supervisor.start();
    loop_.run();
  }

  std::filesystem::path directory_;
  io::EventLoop loop_;
  Log log_{"test", {.level = LogLevel::Error, .format = LogFormat::Json}};
  Supervisor* supervisor_ = nullptr;
  std::function<void()> on_ready_;
  int ready_ = 0;
  bool misconfigured_ = false;
};

TEST_F(SupervisorTest, EndsAChildThroughItsLifeline) {
  on_ready_ = [this] { supervisor_->stop(); };
  run({child("printf r >&$fd; read -N 1 word <&$fd; printf $word > $dir/word")});
  EXPECT_EQ(note("word"), "q");
  EXPECT_FALSE(misconfigured_);
}

TEST_F(SupervisorTest, RestartsAChildThatDies) {
  on_ready_ = [this] {
    if (ready_ == 3) supervisor_->stop();
  };
  run(
      {child("printf r >&$fd; test -e $dir/2 && read -N 1 word <&$fd; test -e $dir/1 && touch "
             "$dir/2; touch $dir/1; kill -9 $$")});
  EXPECT_EQ(ready_, 3);
}

TEST_F(SupervisorTest, EndsEverythingWhenAChildIsMisconfigured) {
  run({child("read -N 1 word <&$fd"), child("exit 78")});
  EXPECT_TRUE(misconfigured_);
}

TEST_F(SupervisorTest, KillsAChildThatDoesNotEndWithinTwoSeconds) {
  on_ready_ = [this] { supervisor_->stop(); };
  const auto before = std::chrono::steady_clock::now();
  run({child("printf r >&$fd; while :; do read -t 1; done")});
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
}

TEST_F(SupervisorTest, PassesASecretThroughADescriptorOnly) {
  on_ready_ = [this] { supervisor_->stop(); };
  run({child(
      "cat /proc/self/fd/$secret > $dir/secret; tr '\\0' ' ' < /proc/$$/cmdline > $dir/cmdline; "
      "env > $dir/env; printf r >&$fd; read -N 1 word <&$fd",
      "swordfish")});
  EXPECT_EQ(note("secret"), "swordfish");
  EXPECT_FALSE(note("cmdline").contains("swordfish"));
  EXPECT_FALSE(note("env").contains("swordfish"));
}

TEST_F(SupervisorTest, GivesAChildItsOwnGroupAndNoneOfOurDescriptors) {
  const io::FileDescriptor ours(::open((directory_ / "ours").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_TRUE(ours);
  on_ready_ = [this] { supervisor_->stop(); };
  run({child(
      "ls -l /proc/self/fd > $dir/fds; cut -d ' ' -f 5 /proc/$$/stat | tr -d '\\n' > $dir/group; "
      "printf $$ > $dir/pid; printf r >&$fd; read -N 1 word <&$fd")});
  EXPECT_EQ(note("group"), note("pid"));
  EXPECT_TRUE(note("fds").contains("socket:")) << "the lifeline is missing";
  EXPECT_FALSE(note("fds").contains("/ours")) << note("fds");
}

TEST_F(SupervisorTest, LeavesNoOrphanWhenKilled) {
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    run({child("echo $$ > $dir/polite.tmp; mv $dir/polite.tmp $dir/polite; read -N 1 word <&$fd"),
         child(
             "echo $$ > $dir/deaf.tmp; mv $dir/deaf.tmp $dir/deaf; while :; do read -t 1; done")});
    ::_exit(0);
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  const auto wait_for = [&](auto&& condition) {
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(5ms);
    }
    return condition();
  };
  ASSERT_TRUE(wait_for([&] { return !note("polite").empty() && !note("deaf").empty(); }));
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  for (const char* name : {"polite", "deaf"}) {
    const pid_t pid = std::stoi(note(name));
    EXPECT_TRUE(wait_for([&] { return !is_running(pid); })) << name;
  }
}

}  // namespace
}  // namespace offhook::app
