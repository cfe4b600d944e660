#include "app/control_link.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "control/listener.hpp"
#include "control/message.hpp"

namespace offhook::app {
namespace {

class ControlLinkTest : public testing::Test {
 protected:
  ControlLinkTest() {
    std::string name = (std::filesystem::temp_directory_path() / "offhook-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~ControlLinkTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return (directory_ / "control").string(); }
  [[nodiscard]] control::Listener listen() const { return control::Listener::open(path()).value(); }
  ControlLink make_link() {
    return {loop_,
            path(),
            {.on_connected =
                 [this] {
                   ++connected_;
                   loop_.stop();
                 },
             .on_event =
                 [this](const control::Event& event) {
                   events_.push_back(event.in_reply_to());
                   loop_.stop();
                 },
             .on_lost =
                 [this](const std::string& reason) {
                   lost_.push_back(reason);
                   loop_.stop();
                 }}};
  }
  void run_for(std::chrono::milliseconds time) {
    io::Timer timer(loop_, [this] { loop_.stop(); });
    timer.set(io::now() + time);
    loop_.run();
  }
  static control::Command command(std::uint64_t sequence, std::size_t padding = 1) {
    control::Command command;
    command.set_sequence(sequence);
    command.mutable_hello()->set_software(std::string(padding, 'x'));
    return command;
  }

  std::filesystem::path directory_;
  io::EventLoop loop_;
  int connected_ = 0;
  std::vector<std::uint64_t> events_;
  std::vector<std::string> lost_;
};

TEST_F(ControlLinkTest, CarriesCommandsAndEvents) {
  control::Listener listener = listen();
  ControlLink link = make_link();
  loop_.run();
  auto media = listener.accept();
  ASSERT_TRUE(media);
  link.send(command(7));
  const auto received = media->receive();
  const auto* packet = std::get_if<control::Connection::Packet>(&received);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(control::decode_command(packet->bytes)->sequence(), 7U);
  for (const std::uint64_t reply : {7U, 8U}) {
    control::Event event;
    event.set_in_reply_to(reply);
    event.mutable_done();
    ASSERT_TRUE(media->send(control::encode(event).value()));
  }
  while (events_.size() < 2) loop_.run();
  EXPECT_EQ(events_, (std::vector<std::uint64_t>{7, 8}));
}

TEST_F(ControlLinkTest, ConnectsOnceMediaListens) {
  ControlLink link = make_link();
  run_for(std::chrono::milliseconds(30));
  EXPECT_EQ(connected_, 0);
  link.send(command(1));
  const control::Listener listener = listen();
  loop_.run();
  EXPECT_EQ(connected_, 1);
}

TEST_F(ControlLinkTest, ConnectsAgainAfterMediaDied) {
  control::Listener listener = listen();
  ControlLink link = make_link();
  loop_.run();
  listener.accept().reset();
  loop_.run();
  EXPECT_EQ(lost_.size(), 1U);
  EXPECT_FALSE(link.is_connected());
  loop_.run();
  EXPECT_EQ(connected_, 2);
}

TEST_F(ControlLinkTest, KeepsTheOrderWhereMediaIsSlow) {
  control::Listener listener = listen();
  ControlLink link = make_link();
  loop_.run();
  auto media = listener.accept();
  constexpr std::uint64_t kCommands = 30;
  constexpr std::size_t kPadding = 50'000;
  for (std::uint64_t i = 0; i < kCommands; ++i) link.send(command(i, kPadding));
  for (std::uint64_t i = 0; i < kCommands;) {
    const auto received = media->receive();
    if (const auto* packet = std::get_if<control::Connection::Packet>(&received)) {
      EXPECT_EQ(control::decode_command(packet->bytes)->sequence(), i++);
    } else {
      run_for(std::chrono::milliseconds(1));
      ASSERT_TRUE(lost_.empty());
    }
  }
}

TEST_F(ControlLinkTest, GivesUpAMediaProcessThatDoesNotRead) {
  control::Listener listener = listen();
  ControlLink link = make_link();
  loop_.run();
  const auto media = listener.accept();
  constexpr std::size_t kPadding = 60'000;
  for (std::size_t sent = 0; sent < limits::kControlQueueBytes * 2; sent += kPadding) {
    link.send(command(1, kPadding));
  }
  EXPECT_TRUE(lost_.empty()) << "on_lost came from within send()";
  loop_.run();
  EXPECT_EQ(lost_.size(), 1U);
}

TEST_F(ControlLinkTest, GivesUpAMediaProcessThatTalksNonsense) {
  control::Listener listener = listen();
  ControlLink link = make_link();
  loop_.run();
  auto media = listener.accept();
  ASSERT_TRUE(media->send("\xff\xff\xff nonsense"));
  loop_.run();
  EXPECT_EQ(lost_.size(), 1U);
  EXPECT_FALSE(link.is_connected());
}

}  // namespace
}  // namespace offhook::app
