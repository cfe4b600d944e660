#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "provider/provider.hpp"
#include "sim/browser.hpp"
#include "sim/media_plane.hpp"
#include "sim/network.hpp"
#include "sim/planted_bug.hpp"
#include "sim/webrtc_media.hpp"

namespace offhook::sim {

// SRTP between the trunk of "demo" and its provider, who knows either that or plain RTP.
struct TrunkEncryption {
  call::SrtpPolicy trunk = call::SrtpPolicy::Off;
  bool provider = false;
};

// A gateway, its provider, and browsers on one virtual clock: what happens depends on the seed and
// on nothing else. All of signal is the real one; the provider is the stand-in that `offhook
// provider` runs; media keeps books, or is the real engine with real audio.
class World {
 public:
  enum class Audio : std::uint8_t { None, Real };
  using Encryption = TrunkEncryption;

  struct Page {
    std::unique_ptr<BrowserMedia> media;
    std::unique_ptr<Browser> browser;
    std::optional<sip::Flow> flow;  // as the gateway sees the open WebSocket
  };

  explicit World(std::uint64_t seed, Audio audio = Audio::None, Encryption encryption = {});
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // ---- what happens to the world ----
  Browser& open_page(const std::string& instance = "a", const std::string& user = "demo");
  void lose_connection(Browser& browser);
  void connect(Browser& browser);
  void set_provider_dead(bool dead);
  void report_trunk_unreachable();      // an ICMP error to the latest datagram comes
  void set_media_path_dead(bool dead);  // of browsers: no datagram passes, WebSockets do
  void lose_media();                    // killed; the control socket is gone
  void restore_media();                 // a new process is there
  void plant(PlantedBug bug) { bug_ = bug; }
  // Without a number: whatever the provider has for its callers.
  std::string call_in(const std::string& from = "2125550106");
  void hang_up_far_ends();

  // ---- time ----
  void run_for(Duration duration);
  // True as soon as it holds; false when it does not within `limit`.
  [[nodiscard]] bool run_until(const std::function<bool()>& holds, Duration limit);
  [[nodiscard]] Time now() const { return now_; }

  // ---- what can be seen ----
 private:
  std::uint64_t seed_;
  SeededRandom random_;  // of all of the below

 public:
  call::Switchboard board;
  EventQueue events;
  Network network;
  provider::Provider provider;
  [[nodiscard]] MediaPlane& media() { return *media_; }
  // What a page's person hears; of a world with audio.
  [[nodiscard]] WebRtcMedia& ears(const Browser& browser);
  [[nodiscard]] const sip::Flow& flow(const Browser& browser) { return *page_of(browser).flow; }
  // Of every SIP message that the gateway sends; before it goes on its way.
  std::function<void(const call::SendSip&)> on_sent = [](const call::SendSip&) {};
  // The trunks as the gateway sees them: "voipms" of the user demo, where the provider is, and
  // "other" of the user other, which does not register and behind which nobody is.
  static const sip::Flow kTrunk;
  static const sip::Flow kOtherTrunk;
  [[nodiscard]] const std::vector<call::CallEnded>& ended() const { return ended_; }
  [[nodiscard]] bool all_calls_ended() const { return all_calls_ended_; }
  // The whole story, line by line, with times: what a failing test prints.
  [[nodiscard]] std::string story() const;
  // Faster by half; the same seed tells the same story when it is to be told.
  void tell_no_story() { tells_ = false; }
  // Lets every timer run out and says what is wrong then: calls, legs, sessions or transactions
  // left, records missing or doubled, credentials sent to anyone but the trunk. Empty: all is well.
  [[nodiscard]] std::vector<std::string> settle();

 private:
  static call::Config board_config(const Encryption& encryption);
  static provider::Config provider_config(const Encryption& encryption = {});

  [[nodiscard]] Page& page_of(const Browser& browser);
  void drain();
  bool drain_board();
  bool drain_media();
  bool drain_pages();
  bool drain_provider();
  void send_from_board(call::SendSip send);
  void check_from_board(const call::SendSip& send);
  // Whether the bug that was planted strikes now, for the first time.
  [[nodiscard]] bool strikes(PlantedBug bug);
  [[nodiscard]] bool leaks(const control::Command& command);
  void end_call(call::CallEnded&& ended);
  [[nodiscard]] std::optional<Time> board_timeout() const;
  [[nodiscard]] std::optional<Time> next_event() const;
  void handle_due(Time time);
  void note(const std::string& line);
  void note_sip(const char* path, std::string_view bytes, bool lost = false);
  void note_event(const call::LogEvent& event);

  Audio audio_;
  std::unique_ptr<MediaPlane> media_;
  Time now_{std::chrono::hours(1)};
  std::vector<std::unique_ptr<Page>> pages_;
  std::uint64_t last_connection_ = 0;
  bool media_connected_ = false;
  std::string last_to_trunk_;
  std::vector<call::CallEnded> ended_;
  std::size_t started_ = 0;
  std::size_t refused_ = 0;
  bool all_calls_ended_ = false;
  PlantedBug bug_ = PlantedBug::None;
  std::size_t opportunities_ = 0;  // that the bug has had
  bool has_struck_ = false;
  std::string leaked_leg_;
  // Of each INVITE that the gateway has answered finally: how. By its top Via's branch and its source.
  std::map<std::pair<std::string, std::string>, std::uint16_t> final_answers_;
  bool tells_ = true;
  std::vector<std::string> story_;
  std::vector<std::string> faults_;
};

}  // namespace offhook::sim
