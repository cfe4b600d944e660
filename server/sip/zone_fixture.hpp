#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/dns.hpp"

namespace offhook::sip {

// A domain name system for tests.
class Zone {
 public:
  void add_address(const std::string& name, const std::string& address) {
    const IpAddress parsed = *IpAddress::parse(address);
    found({parsed.is_v6() ? DnsType::Aaaa : DnsType::A, name}).addresses.push_back(parsed);
  }
  void add_srv(const std::string& name, SrvRecord record) {
    found({DnsType::Srv, name}).srv.push_back(std::move(record));
  }
  void add_naptr(const std::string& name, NaptrRecord record) {
    found({DnsType::Naptr, name}).naptr.push_back(std::move(record));
  }
  void remove(const DnsQuestion& question) { answers_.erase(question); }
  void set_ttl(std::chrono::seconds ttl) { ttl_ = ttl; }
  void set_down(bool is_down) { is_down_ = is_down; }

  [[nodiscard]] DnsAnswer answer(const DnsQuestion& question) const {
    DnsAnswer answer;
    if (is_down_) {
      answer.reason = "the name servers fail";
      return answer;
    }
    if (const auto known = answers_.find(question); known != answers_.end()) {
      answer = known->second;
      answer.ttl = ttl_;
      return answer;
    }
    answer.outcome = DnsAnswer::Outcome::NoSuchRecord;
    answer.reason = "there is no name " + question.name;
    return answer;
  }

 private:
  DnsAnswer& found(const DnsQuestion& question) {
    DnsAnswer& answer = answers_[question];
    answer.outcome = DnsAnswer::Outcome::Found;
    return answer;
  }

  std::map<DnsQuestion, DnsAnswer> answers_;
  std::chrono::seconds ttl_{300};
  bool is_down_ = false;
};

}  // namespace offhook::sip
