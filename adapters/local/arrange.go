package local

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/conversations"
)

// arrange is what people do in the browser to the world around the bot: who is here, which channels there are, who is in
// them, and what other programs say.
func (s *Server) arrange(ctx context.Context, person, act string, a asked, text string) error {
	switch act {
	case "person":
		return s.addPerson(ctx, a)
	case "deactivate":
		return s.deactivate(ctx, person, a.Name)
	case "channel":
		return s.addChannel(ctx, person, a)
	case "unarchive":
		return s.unarchive(ctx, person, a.Channel)
	case "program", "invite", "archive", "enter", "leave":
	default:
		return &unknownAct{act}
	}
	ch, err := s.arranged(person, a.Channel)
	if err != nil {
		return err
	}
	switch {
	case act == "program":
		return s.programSays(ctx, a, text)
	case act == "invite" && ch.WithoutBot:
		return s.chat.Join(ctx, ch.Name)
	case act == "archive":
		return s.chat.Archive(ctx, ch.Name)
	case act == "enter" && ch.Private:
		return s.enter(ctx, a.Name, ch)
	case act == "leave" && ch.Private:
		return s.chat.Leave(ctx, person, ch.Name)
	}
	return nil // it is so already
}

// arranged is the channel that somebody wants to change, if they can.
func (s *Server) arranged(person, channel string) (Channel, error) {
	c := s.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, direct := isDirect(channel); direct {
		return Channel{}, errors.New("that goes in channels only")
	}
	if err := c.mayWrite(person, In(channel), false); err != nil {
		return Channel{}, err
	}
	return *c.channel(channel), nil
}

// unarchive opens a channel again in which nobody can write until then.
func (s *Server) unarchive(ctx context.Context, person, channel string) error {
	c := s.chat
	c.mu.Lock()
	who, ch := c.person(person), c.channel(channel)
	archived, err := ch != nil && ch.Archived, error(nil)
	switch {
	case who == nil || !who.Active:
		err = nobody(person)
	case ch == nil:
		err = fmt.Errorf("there is no channel #%s", channel)
	case !c.sees(person, ch):
		err = fmt.Errorf("%s is not in #%s", person, channel)
	}
	c.mu.Unlock()
	if err != nil || !archived {
		return err
	}
	return c.Unarchive(ctx, channel)
}

// programSays posts what an alert or another tool would.
func (s *Server) programSays(ctx context.Context, a asked, text string) error {
	name := strings.TrimSpace(a.Name)
	switch {
	case !personNamed.fits(name):
		return errors.New("a program's name is one word of letters, digits, dots and dashes")
	case slices.Contains(reserved, strings.ToLower(name)):
		return fmt.Errorf("%s would be mistaken for something else", name)
	case text == "":
		return errors.New("there is no text")
	}
	_, err := s.chat.Say(ctx, "", In(a.Channel, a.Thread), text, Extra{Program: name})
	return err
}

// enter lets somebody into a private channel. Who is in already stays in it.
func (s *Server) enter(ctx context.Context, name string, ch Channel) error {
	s.chat.mu.Lock()
	who := s.chat.person(name)
	here := who != nil && who.Active
	s.chat.mu.Unlock()
	switch {
	case !here:
		return nobody(name)
	case slices.Contains(ch.Members, name):
		return nil
	}
	return s.chat.Enter(ctx, name, ch.Name)
}

// deactivate closes somebody's account, as when they have left the company.
func (s *Server) deactivate(ctx context.Context, person, name string) error {
	if err := s.mayDeactivate(person, name); err != nil {
		return err
	}
	return s.chat.Deactivate(ctx, name)
}

func (s *Server) mayDeactivate(person, name string) error {
	s.chat.mu.Lock()
	defer s.chat.mu.Unlock()
	by, who := s.chat.person(person), s.chat.person(name)
	switch {
	case by == nil || !by.Active || !by.Admin:
		return errors.New("only an admin closes accounts")
	case who == nil || !who.Active || who.Bot:
		return nobody(name)
	case who == by:
		return errors.New("nobody closes their own account")
	}
	return nil
}

// naming says what names look like, and of how many characters they are at most. A pattern that counted them would hold all
// letters there are that many times over: 6 MB, and half of the time that the program takes to start.
type naming struct {
	pattern func() *regexp.Regexp
	most    int
}

func (n naming) fits(name string) bool {
	return utf8.RuneCountInString(name) <= n.most && n.pattern().MatchString(name)
}

var (
	personNamed  = naming{lazily(`^\pL[\pL\pN._-]*$`), 31}
	channelNamed = naming{lazily(`^[\p{Ll}\p{Lo}\pN][\p{Ll}\p{Lo}\pN_-]*$`), 61}
	roleNamed    = naming{lazily(`^\pL[\pL\pN_-]*$`), 31}
)

// reserved are names that a transcript takes for something else.
var reserved = []string{"bot", "chat", "store", "restart", "nobody", BotID}

func (s *Server) addPerson(ctx context.Context, a asked) error {
	name, role := strings.TrimSpace(a.Name), strings.TrimPrefix(strings.TrimSpace(a.Role), "@")
	switch {
	case !personNamed.fits(name):
		return errors.New("a name is one word of letters, digits, dots and dashes")
	case slices.Contains(reserved, strings.ToLower(name)):
		return fmt.Errorf("%s would be mistaken for something else", name)
	case role != "" && !roleNamed.fits(role):
		return errors.New("a role is one word")
	}
	if _, err := time.LoadLocation(a.Zone); err != nil || a.Zone == "" {
		return fmt.Errorf("there is no time zone %q; write it like Europe/Berlin", a.Zone)
	}
	s.chat.mu.Lock()
	taken, many := s.chat.person(name) != nil, len(s.chat.s.People) >= peopleMost
	s.chat.mu.Unlock()
	switch {
	case taken:
		return fmt.Errorf("%s is here already", name)
	case many:
		return fmt.Errorf("more than %d people do not fit", peopleMost)
	}
	p := Person{Person: conversations.Person{ID: name, Name: name, Zone: a.Zone, Active: true, Admin: a.Admin}}
	if role != "" {
		p.Roles = []string{role}
	}
	return s.chat.Admit(ctx, p)
}

func (s *Server) addChannel(ctx context.Context, person string, a asked) error {
	name := strings.TrimPrefix(strings.TrimSpace(a.Name), "#")
	if !channelNamed.fits(name) {
		return errors.New("a channel's name is in small letters, digits, dashes")
	}
	s.chat.mu.Lock()
	taken, many := s.chat.channel(name) != nil, len(s.chat.s.Channels) >= peopleMost
	s.chat.mu.Unlock()
	switch {
	case taken:
		return fmt.Errorf("#%s is here already", name)
	case many:
		return fmt.Errorf("more than %d channels do not fit", peopleMost)
	}
	ch := Channel{Name: name, Private: a.Private, WithoutBot: a.Without}
	if a.Private {
		ch.Members = append([]string{person}, slices.DeleteFunc(a.Members, func(m string) bool { return m == person })...)
	}
	return s.chat.Found(ctx, ch)
}
