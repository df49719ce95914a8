module.exports = {
  byHand: [
    'start',
    {
      type: 'category',
      label: 'The limbs',
      link: {type: 'doc', id: 'limbs'},
      items: [
        'arm',
        {type: 'doc', id: 'leg', label: 'Leg in the sidebar'},
        {type: 'link', label: 'Linked elsewhere', href: 'https://elsewhere.example'},
      ],
    },
    {'Short form': ['alone']},
  ],
};
