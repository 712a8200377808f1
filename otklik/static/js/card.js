// Entry of the ticket card, loaded on that page only.
import "./elements/card.js";
import "./elements/clash.js";
import "./elements/presence.js";
import "./elements/unseen.js";
import "./elements/composer.js";
import "./elements/lightbox.js";
import "./elements/letter.js";
import "./elements/mail-frame.js";
import "./elements/requester.js";
import "./elements/rich.js";
import "./elements/subject.js";
import "./elements/timer.js";
import "./elements/walk.js";
