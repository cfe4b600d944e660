#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/system_random.hpp"
#include "base/time.hpp"
#include "bench/media_socket.hpp"
#include "io/file_descriptor.hpp"
#include "provider/authenticator.hpp"
#include "provider/bindings.hpp"
#include "sip/user_agent.hpp"

namespace offhook::bench {

// A provider as light as can be, over UDP: challenges REGISTER and INVITE with 401, rings at once,
// answers after a fixed time whatever was dialled, and takes the BYE. What is sent to it as sound
// finds a socket that nobody reads.
class SignalTrunk {
 public:
  static constexpr const char* kUsername = "100001";
  static constexpr const char* kPassword = "of-the-load";

  SignalTrunk(const Endpoint& local, Duration answer_after);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // What has come, what is due, what has to be sent.
  void exchange(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] bool is_registered() const { return bindings_.find(kUsername) != nullptr; }

 private:
  struct Ringing {
    sip::SessionId session;
    Time answer_at;
  };

  void receive(Time now);
  void dispatch(const sip::UserAgentOutput& output, Time now);
  void invited(const sip::InviteReceived& invite, Time now);
  void requested(const sip::RequestArrived& arrived, Time now);
  void send(const sip::SendMessage& message);

  Endpoint local_;
  Duration answer_after_;
  SystemRandom random_;
  io::FileDescriptor fd_;
  MediaSocket sound_;
  std::string answer_;
  sip::Identity identity_;
  std::vector<provider::Account> accounts_;
  provider::Authenticator authenticator_;
  provider::Bindings bindings_;
  sip::UserAgent agent_;
  std::deque<Ringing> ringing_;  // in the order of their answers
};

}  // namespace offhook::bench
