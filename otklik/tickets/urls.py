"""Addresses of tickets, in nouns."""

from django.urls import path

from otklik.tickets import views
from otklik.tickets.views import drafts, finding, followers, relations, saved, shelves

app_name = "tickets"
urlpatterns = [
    path("tickets/", views.ticket_list, name="list"),
    path("tickets/new/", views.new_ticket, name="new"),
    path("search/", finding.search_page, name="search"),
    path("search/history/", finding.search_history, name="search-history"),
    path("tickets/new/people/", views.suggestions, name="suggestions"),
    path("tickets/next/", views.next_ticket, name="first"),
    path("tickets/bulk/", views.bulk, name="bulk"),
    path("tickets/<int:number>/", views.card, name="card"),
    path("tickets/<int:number>/next/", views.next_ticket, name="next"),
    path("tickets/<int:number>/replies/", views.replies, name="replies"),
    path("tickets/<int:number>/notes/", views.notes, name="notes"),
    path("tickets/<int:number>/draft/", drafts.draft, name="draft"),
    path("tickets/<int:number>/scheduled/<int:scheduled_id>/", drafts.scheduled, name="scheduled"),
    path("tickets/send-times/", drafts.send_times, name="send-times"),
    path("tickets/undo/<int:step_id>/", drafts.undo, name="undo"),
    path("saved-replies/", saved.saved_list, name="saved-replies"),
    path("saved-replies/new/", saved.saved_new, name="saved-reply-new"),
    path("saved-replies/offered/", saved.offered, name="saved-offered"),
    path("saved-replies/<int:saved_id>/", saved.saved_one, name="saved-reply"),
    path("tickets/<int:number>/saved-replies/<int:saved_id>/", saved.filled, name="saved-filled"),
    path("tickets/<int:number>/bin/", shelves.bin_of, name="bin"),
    path("tickets/<int:number>/spam/", shelves.spam, name="spam"),
    path("tickets/<int:number>/print/", shelves.paper, name="print"),
    path("tickets/<int:number>/more/", relations.more, name="more"),
    path("tickets/<int:number>/merge/", relations.merging, name="merge"),
    path("tickets/<int:number>/links/", relations.links, name="links"),
    path("tickets/<int:number>/links/<int:link_id>/", relations.one_link, name="link"),
    path("messages/<int:message_id>/split/", relations.splitting, name="split"),
    path("tickets/<int:number>/followers/", followers.followers, name="followers"),
    path("tickets/<int:number>/mentionable/", followers.mentionable, name="mentionable"),
    path("tickets/<int:number>/assignment/", views.assignment, name="assignment"),
    path("tickets/<int:number>/status/", views.status, name="status"),
    path("tickets/<int:number>/snooze/", views.snooze, name="snooze"),
    path("tickets/<int:number>/tags/", views.tags, name="tags"),
    path("tickets/<int:number>/properties/", views.properties, name="properties"),
    path("tickets/<int:number>/references/", views.references, name="references"),
    path("tickets/<int:number>/references/<int:reference_id>/", views.reference, name="reference"),
    path("tickets/<int:number>/people/", views.people, name="people"),
    path("tickets/<int:number>/people/<int:contact_id>/", views.person, name="person"),
    path("messages/<int:message_id>/frame/", views.frame, name="frame"),
    path("messages/<int:message_id>/pictures/", views.outside_picture, name="outside-picture"),
    path("attachments/", views.upload, name="upload"),
    path("attachments/<str:token>/<path:name>", views.attachment, name="attachment"),
]
