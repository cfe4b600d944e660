#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sim/media_plane.hpp"
#include "sip/user_agent.hpp"

namespace offhook::sim {

// What stands behind the page: SDP, and packets where a scenario has real audio.
class BrowserMedia {
 public:
  virtual ~BrowserMedia() = default;
  virtual std::string make_offer() = 0;
  virtual std::string make_answer(const std::string& offer, Time now) = 0;
  virtual void take_answer(const std::string& answer, Time now) = 0;
  // Of a call that talks; nullopt: it knows no such thing.
  [[nodiscard]] virtual std::optional<std::string> make_reoffer(bool /*on_hold*/) {
    return std::nullopt;
  }
  virtual void close() = 0;

  virtual void handle_packet(const MediaPacket&, Time) {}
  virtual void handle_timeout(Time) {}
  [[nodiscard]] virtual std::optional<MediaPacket> poll_packet() { return std::nullopt; }
  [[nodiscard]] virtual std::optional<Time> next_timeout() const { return std::nullopt; }
};

// A page with a phone: one device of a user, as SIP.js would speak for it, and what the person in
// front of it sees. The world carries its messages.
class Browser {
 public:
  enum class State : std::uint8_t { Idle, Calling, Ringing, Talking, Over };

  Browser(std::string instance, std::string user, Random& random, BrowserMedia& media);

  // ---- the wire ----
  // As SIP.js has it: one transport for life, whatever WebSocket is behind it; what is sent while
  // there is none is lost, and transactions go on.
  void connected(Time now);  // registers, as the page does at once
  void disconnected();
  void handle(std::string_view bytes, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<std::string> poll_message(Time now);  // for the WebSocket
  [[nodiscard]] std::optional<Time> next_timeout() const { return agent_.next_timeout(); }

  // ---- the person ----
  void dial(const std::string& number, Time now);
  void answer(Time now);
  void decline(std::uint16_t status, Time now);
  void hang_up(Time now);
  // By a re-INVITE; is_held() tells when it is so.
  void hold(bool on_hold, Time now);
  // REFER of a call that talks: to a number, or to the call that `other` has made.
  void transfer(const std::string& number, Time now);
  void transfer(const Browser& other, Time now);
  // An INVITE that replaces the call that `other` has made.
  void take_over(const Browser& other, Time now);

  // ---- what the person sees ----
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool registered() const { return registered_; }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] bool early_answer() const { return !early_sdp_.empty(); }
  [[nodiscard]] const std::string& caller() const { return caller_; }
  [[nodiscard]] std::uint16_t status() const { return status_; }       // of the refusal
  [[nodiscard]] const std::string& reason() const { return reason_; }  // of the refusal or BYE
  [[nodiscard]] bool is_held() const { return is_held_; }
  // Whether the call was made here, so that others can name it.
  [[nodiscard]] bool has_dialog() const { return session_ && dialog_; }
  // What the first line of the latest NOTIFY says: "SIP/2.0 200 OK"; "" before.
  [[nodiscard]] const std::string& transfer_progress() const { return transfer_progress_; }
  [[nodiscard]] std::uint16_t transfer_status() const { return transfer_status_; }  // of the REFER

  [[nodiscard]] const std::string& instance() const { return instance_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] std::size_t session_count() const { return agent_.session_count(); }
  [[nodiscard]] std::size_t transaction_count() const { return agent_.transaction_count(); }
  // What the far side did that no gateway may do, "" where nothing.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  void dispatch(const sip::UserAgentOutput& event, Time now);
  void invited(const sip::InviteReceived& invite, Time now);
  void progressed(const sip::Response& response, Time now);
  void accepted(const sip::Response& response, Time now);
  void over(std::uint16_t status, std::string reason);
  void remember_dialog(const sip::Response& response);
  void invite(const std::string& number, std::optional<sip::Replaces> replaces, Time now);
  void refer(sip::NameAddress target, Time now);
  void send_register(Time now);
  [[nodiscard]] sip::Identity identity() const;

  std::string instance_;
  std::string user_;
  Random& random_;
  BrowserMedia& media_;
  sip::UserAgent agent_;
  sip::Flow transport_;
  bool connected_ = false;
  std::string call_id_;
  std::uint32_t cseq_ = 0;
  State state_ = State::Idle;
  bool registered_ = false;
  std::optional<sip::SessionId> session_;
  std::string offer_;      // of an incoming call
  std::string early_sdp_;  // of a 183
  std::string caller_;
  std::uint16_t status_ = 0;
  std::string reason_;
  bool wants_hold_ = false;
  bool is_held_ = false;
  std::optional<sip::Replaces> dialog_;  // of a call from here
  std::uint16_t transfer_status_ = 0;
  std::string transfer_progress_;
  std::string fault_;
};

}  // namespace offhook::sim
