#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "media/test_peer.hpp"
#include "media/worker.hpp"

namespace offhook::media {

// A worker that runs on the test's own thread.
class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    Worker::Config config;
    config.browser_sockets.push_back(*UdpSocket::bind({kLocal, 0}));
    config.browser_listeners.push_back(*TcpListener::bind({kLocal, 0}));
    // What the kernel gives out by itself lies above.
    config.trunk = {kLocal, kLocal, 20'000, 30'000};
    config.software = "test";
    auto worker = Worker::open(std::move(config), *dtls::Certificate::make(),
                               [this](std::uint64_t connection, control::Event event) {
                                 connections_.push_back(connection);
                                 events_.push_back(std::move(event));
                               });
    EXPECT_TRUE(worker) << worker.error().message;
    worker_ = std::move(*worker);
  }

  void post(const std::function<void(control::Command&)>& fill) {
    control::Command command;
    command.set_sequence(++sequence_);
    fill(command);
    worker_->post(7, std::move(command));
  }
  Endpoint allocate_trunk(const std::string& leg_id, const Endpoint& remote) {
    events_.clear();
    post([&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg_id);
      c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
    });
    post([&](control::Command& c) {
      c.mutable_set_remote()->set_leg_id(leg_id);
      c.mutable_set_remote()->mutable_format()->set_codec(control::AudioFormat::PCMU);
      c.mutable_set_remote()->mutable_rtp()->set_ip(remote.address.to_string());
      c.mutable_set_remote()->mutable_rtp()->set_port(remote.port);
      c.mutable_set_remote()->set_send(true);
    });
    EXPECT_TRUE(worker_->step(std::chrono::seconds(1)));
    EXPECT_EQ(events_.size(), 2U);
    return {kLocal, static_cast<std::uint16_t>(events_.at(0).leg_allocated().rtp().port())};
  }

  // The reply; other events are forgotten.
  control::Event ask(const std::function<void(control::Command&)>& fill) {
    events_.clear();
    post(fill);
    const auto is_reply = [&](const auto& event) { return event.in_reply_to() == sequence_; };
    for (int turn = 0; turn < 100 && std::ranges::none_of(events_, is_reply); ++turn) {
      EXPECT_TRUE(worker_->step(std::chrono::milliseconds(100)));
    }
    const auto reply = std::ranges::find_if(events_, is_reply);
    EXPECT_NE(reply, events_.end());
    return reply == events_.end() ? control::Event() : *reply;
  }

  std::vector<std::uint64_t> connections_;
  std::vector<control::Event> events_;
  std::unique_ptr<Worker> worker_;
  std::uint64_t sequence_ = 0;
};

}  // namespace offhook::media
