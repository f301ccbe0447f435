import type { Messages } from "../t";

export default {
  "Live updates stopped. The page asks every 30 seconds until they are back.":
    "Die laufende Aktualisierung ist unterbrochen. Die Seite fragt alle 30 Sekunden nach, bis sie wieder da ist.",
  "Connected again.": "Wieder verbunden.",
  "Offline since {time}. The page goes on by itself once there is a network again.": "Offline seit {time}. Die Seite macht von selbst weiter, sobald es wieder ein Netz gibt.",
  "Kalpana has not answered since {time}. The page tries again by itself.": "Kalpana antwortet seit {time} nicht. Die Seite versucht es von selbst weiter.",
  "Reconnecting…": "Verbinde neu …",
} satisfies Messages;
